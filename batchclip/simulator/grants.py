"""The calls that give and take tokens, and the authorize dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web
from yarl import URL

from batchclip.simulator.answers import (
    Answer,
    afterwards,
    deliver,
    instead,
    json_answer,
    refused,
)
from batchclip.simulator.faults import TOKEN_PATH
from batchclip.simulator.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchclip.simulator.state import State


class TokenCalls:
    """`/oauth/token`, `/oauth/revoke` and `/login`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[web.RouteDef]:
        """Return the calls' routes."""
        return [
            web.post(TOKEN_PATH, self._token),
            web.post("/oauth/revoke", self._revoke),
            web.get("/login", self._login),
        ]

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        answer = self._decide(request.headers.get("Authorization"), form)
        await self._state.wait()
        return await deliver(request, answer)

    def _decide(self, authorization: str | None, form: Mapping[str, Any]) -> Answer:
        fault = self._state.faults.of_token()
        if fault is None:
            return self._grant(authorization, form)
        return instead(fault) or afterwards(fault, self._grant(authorization, form))

    def _grant(self, authorization: str | None, form: Mapping[str, Any]) -> Answer:
        try:
            pair = self._state.tokens.grant(authorization, form)
        except Refusal as refusal:
            return refused(refusal)
        if form.get("grant_type") == "refresh_token":
            self._state.books.token_refreshes += 1
        return json_answer(pair)

    async def _revoke(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        token = form.get("token")
        if isinstance(token, str):
            self._state.tokens.revoke(request.headers.get("Authorization"), token)
        await self._state.wait()
        return web.Response()

    async def _login(self, request: web.Request) -> web.StreamResponse:
        """Say yes for the person whom the dialog would ask, and send the browser back."""
        query = request.query
        target = query.get("redirect_uri")
        try:
            code = self._state.tokens.new_code(query.get("client_id"), target)
        except Refusal as refusal:
            return await deliver(request, refused(refusal))
        back = {"code": code, "scope": self._state.settings.scopes}
        back |= {"state": query["state"]} if "state" in query else {}
        location = URL(target or "").update_query(back)
        return web.Response(status=302, headers={"Location": str(location)})
