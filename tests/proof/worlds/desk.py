"""What Restream answers to each call, when all is well and when it isn't."""

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from tests.proof.worlds.account import Account, details_of, page_of, stored
from tests.proof.worlds.drawn import World
from tests.proof.worlds.grants import Grants
from tests.proof.worlds.mishaps import HTML, MISHAPS, Mishap, drawn, hold_off, refusal
from tests.proof.worlds.truth import Asked, Create, HoldOff, Truth
from tests.proof.worlds.wire import Reply, Request, reply

PROJECTS = "/v2/user/clips/projects"
FILES = "/v2/user/storage/files"
LATE_SECONDS = (0.02, 0.4)
"""How long after the connection was lost a late effect comes: within any world's settle time."""


class Desk:
    """Answers requests, with the mishaps of its world as long as it is `bad`."""

    def __init__(self, world: World, account: Account, grants: Grants, truth: Truth) -> None:
        self._world = world
        self._account = account
        self._grants = grants
        self._truth = truth
        self._times: Counter[object] = Counter()
        self.arrived = threading.Condition()
        self._late: list[Create] = []
        self.bad = True
        self.allowance: int | None = None
        """How many more creates may take effect; None is no limit."""

    def answer(self, request: Request) -> Reply:
        """Answer one request. What it does, it does before this returns, or late."""
        if request.path == "/oauth/token" and request.method == "POST":
            return self._token(request)
        if not self._grants.good(request.token):
            self._arrive_unheard(request)
            return Reply(401, refusal(401, "invalid_token", "Invalid token"))
        if request.path == PROJECTS and request.method == "POST":
            return self._create(request)
        if request.method == "GET":
            return self._read(request)
        self._truth.surprises.append(f"{request.method} {request.path}")
        return Reply(404, refusal(404, "NotFound"))

    def _dice(self, *what: object) -> random.Random:
        """Dice of their own for the same thing the same time, in whatever order things come."""
        self._times[what] += 1
        return random.Random(f"{self._world.seed} {what} {self._times[what]}")  # noqa: S311

    def _arrive_unheard(self, request: Request) -> None:
        """A create with a dead token is noted, too."""
        if request.path == PROJECTS and request.method == "POST":
            create = Create(asked_of(request), request.token, "dead token")
            create.leave(by_client=False)
            self._note(create)

    def _note(self, create: Create) -> None:
        with self.arrived:
            self._truth.creates.append(create)
            self.arrived.notify_all()

    def _create(self, request: Request) -> Reply:
        asked = asked_of(request)
        dice = self._dice(asked)
        name = self._mishap_of_create(dice)
        create = Create(asked, request.token, name)
        self._note(create)
        answer = self._refused(create) or self._meet(create, MISHAPS.get(name or ""), dice)
        answer.wait = self._world.latency * dice.random()
        answer.pause = dice.choice([0.0, 0.001, 0.02])
        answer.on_leaving = lambda by_client: create.leave(by_client=by_client)
        return answer

    def _mishap_of_create(self, dice: random.Random) -> str | None:
        if not self.bad:
            return None
        number = len(self._truth.creates) + 1
        for first, count, name in self._world.bursts:
            if first <= number < first + count:
                return name
        return drawn(dice, self._world.chances)

    def _refused(self, create: Create) -> Reply | None:
        """What Restream says no to by itself."""
        problem = self._account.problem_of(create.asked)
        if problem is not None:
            return Reply(problem[0], refusal(*problem))
        if self._truth.already(create.asked):
            return Reply(409, refusal(409, "ClipsInputAlreadyProcessed"))
        if self.allowance is not None and self.allowance <= 0:
            reply_ = Reply(403, refusal(403, "UsageLimitReached", "Usage limit reached"))
            reply_.afterwards = lambda: self._truth.spent.append(create.left_wire_at or create.at)
            return reply_
        return None

    def _meet(self, create: Create, mishap: Mishap | None, dice: random.Random) -> Reply:
        """Do what was asked for, at once, late or never, and answer as the mishap has it."""
        answer = Reply(201)
        if mishap is None or mishap.effect == "now":
            answer = self._clip(create)
        if mishap is None:
            return answer
        if mishap.effect == "late":
            self._spend()
            answer.afterwards = lambda: self._clip_late(create, dice.uniform(*LATE_SECONDS))
        answer.ending = mishap.ending
        if mishap.status:
            answer.status, answer.body = mishap.status, mishap.body
            self._hold_off(answer, create, dice)
        return answer

    def _clip(self, create: Create) -> Reply:
        self._spend()
        return self._clip_now(create)

    def _spend(self) -> None:
        if self.allowance is not None:
            self.allowance -= 1

    def _clip_now(self, create: Create) -> Reply:
        if not self._truth.already(create.asked):
            self._truth.take_effect(create)
        project = self._account.clip(create.asked)
        created = {
            "projectId": project.project_id,
            "sourceTypeName": "VideoStorageFile",
            "sourceIdentifier": create.asked.file,
            "title": "a title",
        }
        return reply(201, created)

    def _clip_late(self, create: Create, seconds: float) -> None:
        self._late.append(create)
        asyncio.get_running_loop().call_later(seconds, self._come_late, create)

    def _come_late(self, create: Create) -> None:
        if create in self._late:
            self._late.remove(create)
            self._clip_now(create)

    def be_good(self) -> None:
        """From now on all is well, and what was late has come."""
        self.bad = False
        self.allowance = None
        self.come_in_time()
        self._account.finish_all()

    def come_in_time(self) -> None:
        """Have what is late come now."""
        for create in list(self._late):
            self._come_late(create)

    def _hold_off(self, answer: Reply, create: Create, dice: random.Random) -> None:
        """A 429 or a 503 may say how long to wait; a 401 dooms its token."""
        if answer.status == 401:
            self._grants.doubt(create.token)
        if answer.status not in {429, 503}:
            return
        answer.retry_after, until = hold_off(dice, dates=self._world.dates)
        if until is not None:
            answer.afterwards = lambda: self._ask_to_wait(create, until)

    def _ask_to_wait(self, create: Create, until: Callable[[float], float]) -> None:
        answered_at = create.left_wire_at or create.at
        self._truth.hold_offs.append(HoldOff(answered_at, until(answered_at), lasting=True))

    def _read(self, request: Request) -> Reply:
        dice = self._dice(request.path, request.query)
        name = drawn(dice, self._world.read_chances) if self.bad else None
        match name:
            case "error":
                return Reply(500, refusal(500, "InternalServerError"))
            case "gateway":
                return Reply(502, HTML)
            case "garbage":
                return Reply(200, b'{"projects": [{"projectId"')
            case "slow_down":
                return Reply(429, refusal(429, "TooManyRequests"), "0.3")
            case "closed" | "reset" | "silent":
                return Reply(200, ending=name)
        return self._content(request, name)

    def _content(self, request: Request, mishap: str | None) -> Reply:
        if request.path == FILES:
            return reply(200, stored(self._account.durations))
        if request.path == PROJECTS:
            return reply(200, self._page(dict(parse_qsl(request.query)), mishap))
        wanted = request.path.removeprefix(PROJECTS + "/")
        for project in self._account.projects:
            if project.project_id == wanted and mishap != "vanished":
                details = details_of(project)
                if mishap == "no_clips":
                    del details["clips"]
                return reply(200, details)
        return Reply(404, refusal(404, "NotFound"))

    def _page(self, query: dict[str, str], mishap: str | None) -> dict[str, Any]:
        limit = min(100, int(query.get("limit", "20")))
        # So that there are several pages in a small world.
        limit = min(limit, 7)
        cursor = query.get("cursor", "")
        page = page_of(self._account.projects, cursor, limit)
        if mishap == "same_cursor":
            page["pagination"] = {"nextCursor": cursor or "first", "hasMore": True}
        elif mishap == "no_cursor":
            page["pagination"] = {"nextCursor": None, "hasMore": True}
        elif mishap == "empty_page":
            page["projects"] = []
            page["pagination"] = {"nextCursor": cursor or "first", "hasMore": True}
        return page

    def _token(self, request: Request) -> Reply:
        """Refresh a pair of tokens."""
        presented = dict(parse_qsl(request.body.decode())).get("refresh_token", "")
        name = drawn(self._dice("token"), self._world.token_chances) if self.bad else None
        if name == "error":
            return Reply(500, refusal(500, "InternalServerError"))
        if name == "slow_down":
            return Reply(429, refusal(429, "TooManyRequests"), "1")
        pair = self._grants.refresh(presented)
        if pair is None:
            return Reply(400, refusal(400, "invalid_grant"))
        if name == "reset_after":
            return Reply(200, ending="reset")
        if name == "garbage_after":
            return Reply(200, b"<html>")
        return Reply(
            200, json.dumps(pair).encode(), ending="slow" if name == "slow" else "answered"
        )


def asked_of(request: Request) -> Asked:
    """What the body of a create asks for."""
    body = json.loads(request.body)
    span = body.get("selectedTimeRange", {})
    start, end = span.get("startOffsetSeconds"), span.get("endOffsetSeconds")
    if (start is None) != (end is None) or body["sourceType"] != "VideoStorageFile":
        raise ValueError(f"no create of Restream's page: {body}")
    forced = bool(body.get("forceReprocess", False)) and start is None
    return Asked(
        body["videoStorageFileId"], start, end, bool(body.get("singleClipMode", False)), forced
    )
