"""The create call, with its faults and its entry in the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from batchclip.simulator.answers import (
    Answer,
    afterwards,
    deliver,
    instead,
    json_answer,
    refused,
)
from batchclip.simulator.asks import CreateAsk, read_ask
from batchclip.simulator.faults import CREATE_PATH
from batchclip.simulator.refusals import Refusal
from batchclip.simulator.tokens import bearer, iso_time

if TYPE_CHECKING:
    from batchclip.simulator.books import CreateRecord
    from batchclip.simulator.state import State
    from batchclip.simulator.world import Project


class CreateCall:
    """`POST /v2/user/clips/projects`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[web.RouteDef]:
        """Return the call's route."""
        return [web.post(CREATE_PATH, self._create)]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        ask = read_ask(await request.read())
        state = self._state
        record = state.books.arrive(ask, bearer(request.headers.get("Authorization")))
        with state.books.on_wire(record, request.transport):
            # No await stands between the effect and its entry, so neither is without the other.
            answer = self._decide(ask, record)
            await state.wait()
            state.books.close(record, answer)
            if not answer.is_sent:
                return await deliver(request, answer)
        return await deliver(request, answer)

    def _decide(self, ask: CreateAsk, record: CreateRecord) -> Answer:
        try:
            token = self._state.tokens.check(record.token, "clips.write")
        except Refusal as refusal:
            return refused(refusal)
        fault = self._state.faults.of_create(ask.file, ask.start)
        if fault is None:
            return self._take_effect(ask, record)
        record.fault = fault.kind
        if fault.kind == "expired_token":
            self._state.tokens.expire(token)
        return instead(fault) or afterwards(fault, self._take_effect(ask, record))

    def _take_effect(self, ask: CreateAsk, record: CreateRecord) -> Answer:
        try:
            project = self._state.world.create(ask)
        except Refusal as refusal:
            return refused(refusal)
        record.took_effect = True
        return json_answer(_created(project), 201)


def _created(project: Project) -> dict[str, object]:
    return {
        "projectId": project.project_id,
        "sourceTypeName": "VideoStorageFile",
        "sourceIdentifier": project.file,
        "title": project.title,
        "createdAt": iso_time(project.created_at),
    }
