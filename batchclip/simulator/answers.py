"""Answers and the ways in which they go wrong on the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from batchclip.simulator import refusals

if TYPE_CHECKING:
    from batchclip.simulator.faults import ScriptedFault
    from batchclip.simulator.refusals import Refusal

_DEFAULT_RETRY_AFTER_SECONDS = 1.0
_GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_GARBAGE = b'{"projectId": <!-- upstream sent too big header'
_REFUSALS = {
    "slow_down": refusals.slow_down,
    "unavailable": refusals.unavailable,
    "error_before": refusals.internal_error,
    "expired_token": lambda: refusals.invalid_token("access token has expired"),
    "usage_limit": refusals.usage_limit_reached,
    "unknown_file": refusals.file_not_found,
    "invalid_body": lambda: refusals.invalid_body("The body is invalid"),
    "scope": refusals.insufficient_scope,
    "feature": refusals.feature_not_active,
    "already": refusals.already_processed,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `way` is how it goes out: answered, garbage, truncated, reset or hang."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    retry_after: float | None = None
    way: str = "answered"

    @property
    def is_sent(self) -> bool:
        """Tell whether a client sees a status at all."""
        return self.way not in {"reset", "hang"}


def json_answer(document: Any, status: int = 200) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, json.dumps(document).encode())


def refused(refusal: Refusal) -> Answer:
    """Return the answer of a refusal."""
    return json_answer(refusal.envelope(), refusal.status)


def instead(fault: ScriptedFault) -> Answer | None:
    """Return what a fault that comes before the effect answers; None for one that comes after."""
    if fault.kind in _REFUSALS:
        default = _DEFAULT_RETRY_AFTER_SECONDS if fault.kind == "slow_down" else None
        wait = default if fault.retry_after is None else fault.retry_after
        speaks_of_it = fault.kind in {"slow_down", "unavailable"}
        return replace(refused(_REFUSALS[fault.kind]()), retry_after=wait if speaks_of_it else None)
    name, _, when = fault.kind.rpartition("_")
    return spoiled(name, Answer(500)) if when == "before" else None


def afterwards(fault: ScriptedFault, answer: Answer) -> Answer:
    """Return what becomes of the true answer under a fault that comes after the effect."""
    return spoiled(fault.kind.removesuffix("_after"), answer)


def spoiled(name: str, answer: Answer) -> Answer:
    """Return an answer as this fault leaves it: error, gateway, garbage, or a way of its own."""
    if name == "error":
        return refused(refusals.internal_error())
    if name == "gateway":
        return Answer(502, _GATEWAY_PAGE, "text/html")
    return replace(answer, way=name, body=_GARBAGE if name == "garbage" else answer.body)


async def deliver(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Send an answer in its way; a hanging one ends when the client or the simulator does."""
    if answer.way == "hang":
        await asyncio.Event().wait()
    if answer.way == "reset" and request.transport is not None:
        _reset(request.transport)
    if answer.way == "truncated":
        return await _truncated(request, answer)
    return web.Response(
        status=answer.status,
        body=answer.body,
        content_type=answer.content_type,
        headers=_headers(answer),
    )


def _headers(answer: Answer) -> dict[str, str]:
    if answer.retry_after is None:
        return {}
    return {"Retry-After": f"{answer.retry_after:g}"}


def _reset(transport: asyncio.Transport) -> None:
    """Send RST instead of an answer: a socket that lingers for no time is closed by it."""
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _truncated(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    response.content_type = answer.content_type
    response.content_length = len(answer.body) + 1
    response.force_close()
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    return response
