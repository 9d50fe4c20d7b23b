"""The calls that batchclip makes. One method an endpoint; it answers with what came of it."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from batchclip.api.exchange import Exchange, Request
from batchclip.api.models import body_for
from batchclip.api.reads import (
    ProjectPage,
    Unreadable,
    read_files,
    read_page,
    read_project,
)
from batchclip.api.secrets import Secrets
from batchclip.clock import Clock
from batchclip.envelope import read_json
from batchclip.evidence import Project
from batchclip.holdoff import hold_off_seconds
from batchclip.job import Range
from batchclip.outcome import (
    Answer,
    Kind,
    Outcome,
    Silence,
    read_answer,
    read_refusal,
    read_silence,
)
from batchclip.serverclock import ServerClock

PROJECTS = "/v2/user/clips/projects"
FILES = "/v2/user/storage/files"
PAGE = 100
"""The most projects that a page of the list may have (Restream's page "Project List")."""
MAX_READ_BYTES = 8 << 20
"""Thousands of clips with their transcripts. Hostile JSON takes 26 times as much when parsed."""
MAX_FILES_BYTES = 16 << 20
"""A list of some 70,000 files."""

Found = TypeVar("Found")


class RestreamClient:
    """Restream's API behind one session. What an answer tells of the time is noted."""

    def __init__(
        self, exchange: Exchange, clock: Clock, secrets: Secrets, server_clock: ServerClock
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._secrets = secrets
        self._server_clock = server_clock

    async def create_project(
        self, asked: Range, token: str, may_leave: Callable[[], bool] | None = None
    ) -> Outcome:
        """Ask for clips of a range: sends exactly one request, and never raises for its end.

        `may_leave` is asked at the last moment; without leave the outcome is
        "never left", and its error's name WITHHELD.
        """
        request = Request(
            "POST",
            PROJECTS,
            body=body_for(asked),
            authorization=f"Bearer {token}",
            may_leave=may_leave,
        )
        answer = await self._send(request)
        if isinstance(answer, Silence):
            outcome = read_silence(answer)
        else:
            outcome = read_answer(answer, self._clock.now())
        return self._secrets.out_of_outcome(outcome)

    async def projects(self, cursor: str | None, token: str) -> ProjectPage | Outcome:
        """Read a page of the project list, the newest project first; from `cursor` on."""
        after = "" if cursor is None else "&cursor=" + quote(cursor, safe="")
        return await self._read(
            f"{PROJECTS}?limit={PAGE}&sortBy=CreatedAt{after}", token, read_page
        )

    async def project(self, project_id: str, token: str) -> Project | Outcome:
        """Read a project's clips, and whether more are being made."""
        return await self._read(
            f"{PROJECTS}/{quote(project_id, safe='')}",
            token,
            lambda document: read_project(project_id, document),
        )

    async def files(self, token: str) -> frozenset[UUID] | Outcome:
        """Read the ids of all files in video storage."""
        return await self._read(FILES, token, read_files, MAX_FILES_BYTES)

    async def _read(
        self,
        path: str,
        token: str,
        read: Callable[[Any], Found],
        max_bytes: int | None = None,
    ) -> Found | Outcome:
        """Ask once. An answer that can't be read is an outcome of kind `unknown`."""
        request = Request(
            "GET", path, authorization=f"Bearer {token}", max_bytes=max_bytes or MAX_READ_BYTES
        )
        answer = await self._send(request)
        if isinstance(answer, Silence):
            return self._secrets.out_of_outcome(read_silence(answer))
        if not 200 <= answer.status < 300:
            hold_off = hold_off_seconds(answer.headers, self._clock.now())
            return self._secrets.out_of_outcome(read_refusal(answer, hold_off))
        try:
            return read(read_json(answer.body) if answer.complete else None)
        except Unreadable as error:
            return Outcome(Kind.UNKNOWN, answer.status, "UnreadableAnswer", str(error))

    async def _send(self, request: Request) -> Answer | Silence:
        """Send, with the secrets taken out of what came back."""
        answer = await self._exchange.send(request)
        if isinstance(answer, Silence):
            return self._secrets.out_of_silence(answer)
        self._server_clock.notice(answer.headers.get("date", ""))
        return self._secrets.out_of_answer(answer)
