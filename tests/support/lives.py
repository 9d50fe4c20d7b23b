"""Lives of a range as the job table tells them."""

import json
from typing import Any
from uuid import UUID

from batchclip.evidence import Ruling
from batchclip.job import Range, State
from batchclip.store.reports import (
    AttemptReport,
    ChangeReport,
    FindingReport,
    Life,
    PauseReport,
    RangeReport,
)

FILE = UUID("a1b2c3d4-e5f6-4890-abcd-000000000001")
AT = 1_700_000_000_000
ATTEMPT = AttemptReport(5, 2, AT + 60_000, AT + 60_700, 30_000, "unknown", 502, "Gateway", "no")
SENT_LINE = "run 2 sent it; HTTP 502, Gateway, no after 30 s"
CLIP = {
    "clip_id": "clip-1",
    "start": 1_500,
    "end": 11_000,
    "created_at": AT + 90_000,
    "weight": "its_own",
}
COMPARED = {
    "project_id": "project-1",
    "project_created_at": AT,
    "generating": False,
    "clips_in_project": 1,
    "clips": [CLIP],
    "sent_at": AT + 60_000,
    "server_sent_at": None,
    "server_ahead": 700,
    "overlapping_ranges": 0,
}


def finding(
    ruling: Ruling, reason: str = "as it is", generation: int = 5, **compared: Any
) -> FindingReport:
    kept = json.dumps(COMPARED | compared)
    return FindingReport(generation, AT + 100_000, AT + 200_000, ruling, reason, kept)


def change(to: State, reason: str, start: State = State.IN_DOUBT, at: int = AT + 1) -> ChangeReport:
    return ChangeReport(at, 3, start, to, reason)


def life(state: State, asked: Range | None = None, **parts: Any) -> Life:
    asked = asked or Range(FILE, 0, 20_000)
    report = RangeReport(
        asked, state, "project-1", 1, 502, "Gateway", "no", "m.csv", 7, AT, AT, job_id=17
    )
    empty: dict[str, Any] = {"attempts": (), "changes": (), "findings": (), "held_by": None}
    return Life(report, **({"loaded_at": AT, "due_at": None} | empty | parts))


PAUSE = PauseReport(AT, "anna on archive")
