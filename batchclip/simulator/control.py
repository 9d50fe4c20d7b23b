"""The simulator's own calls, so that another process can count; they need no token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from batchclip.simulator.answers import deliver, json_answer, refused
from batchclip.simulator.refusals import not_found

if TYPE_CHECKING:
    from batchclip.simulator.books import Books
    from batchclip.simulator.state import State


class ControlCalls:
    """`/simulator/...`, and the answer to every address that is none."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[web.RouteDef]:
        """Return the calls' routes; the one for everything else is the last."""
        return [
            web.get("/simulator/books", self._books),
            web.post("/simulator/reset", self._reset),
            web.get("/simulator/clips/{clip}.mp4", self._clip),
            web.route("*", "/{anything:.*}", self._nothing),
        ]

    async def _books(self, request: web.Request) -> web.StreamResponse:
        """Answer with the books; `?only=summary` spares a large answer to one who polls."""
        books = self._state.books
        brief = request.query.get("only") == "summary"
        document = {"summary": books.summary()} if brief else _whole(books)
        return await deliver(request, json_answer(document))

    async def _reset(self, request: web.Request) -> web.StreamResponse:
        self._state.forget()
        return await deliver(request, json_answer({}))

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        if not self._state.world.has_clip(request.match_info["clip"]):
            return await self._nothing(request)
        return web.Response(body=b"a simulated clip", content_type="video/mp4")

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        return await deliver(request, refused(not_found("NotFound")))


def _whole(books: Books) -> dict[str, Any]:
    return {
        "summary": books.summary(),
        "requests": [record.as_dict() for record in books.requests],
        "effects": [effect._asdict() for effect in books.effects()],
    }
