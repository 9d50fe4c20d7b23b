"""What is kept of a search for evidence."""

import json

from batchclip.evidence import Clocks, Ruling, Verdict, Weight
from batchclip.runner.findings import OTHER_CLIPS_KEPT, finding
from tests.support.facts import CLOCKS, LATER, SENT, SINGLE, clip, doubt, project, span

HAPPENED = Verdict(
    Ruling.HAPPENED,
    "1 clip made of it",
    ((clip(None, None, None, "odd"), Weight.UNCLEAR), (clip(60.5, 80), Weight.ITS_OWN)),
)


def test_all_that_was_compared_is_kept() -> None:
    about = doubt(SINGLE, rivals=(span(60, 90),), sent_at=SENT + 5)
    made = project(clip(60.5, 80), clip(0, 9), created=-1_000, generating=True)
    kept = json.loads(finding(about, made, Clocks(LATER, LATER + 700), HAPPENED))
    assert kept == {
        "project_id": "project-1",
        "project_created_at": SENT - 1_000,
        "generating": True,
        "clips_in_project": 2,
        "clips": [
            {
                "clip_id": "clip-1",
                "start": 60_500,
                "end": 80_000,
                "created_at": SENT + 60_000,
                "weight": "its_own",
            },
            {
                "clip_id": "odd",
                "start": None,
                "end": None,
                "created_at": None,
                "weight": "unclear",
            },
        ],
        "sent_at": SENT + 5,
        "server_sent_at": SENT,
        "server_ahead": 700,
        "overlapping_ranges": 1,
    }


def test_without_a_project_and_without_restreams_time() -> None:
    nothing = Verdict(Ruling.NEVER_HAPPENED, "its file has no project at all")
    kept = json.loads(finding(doubt(server_sent_at=None), None, Clocks(LATER, None), nothing))
    unknown = ("project_id", "generating", "server_ahead", "server_sent_at")
    assert [kept[name] for name in unknown] == [None] * 4
    assert (kept["clips"], kept["clips_in_project"]) == ([], 0)


def test_every_clip_that_is_evidence_is_kept_and_only_some_of_the_others() -> None:
    others = [(clip(1, 2, clip_id=f"other-{n}"), Weight.BEFORE) for n in range(500)]
    own = [(clip(60, 70, clip_id=f"own-{n}"), Weight.ITS_OWN) for n in range(50)]
    verdict = Verdict(Ruling.HAPPENED, "50 clips", (*others, *own))
    kept = json.loads(finding(doubt(), project(), CLOCKS, verdict))["clips"]
    assert [one["clip_id"] for one in kept[:50]] == [f"own-{n}" for n in range(50)]
    assert [one["clip_id"] for one in kept[50:]] == [f"other-{n}" for n in range(OTHER_CLIPS_KEPT)]
