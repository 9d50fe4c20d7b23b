"""Why a range is where it is now: a sentence for each state."""

from dataclasses import replace

import pytest

from batchclip.evidence import Ruling
from batchclip.job import State
from batchclip.report.life import life_fields, life_text
from batchclip.report.standing import standing
from batchclip.store.reports import HeldBy, Life, PauseReport
from tests.support.lives import AT, ATTEMPT, PAUSE, change, finding, life


@pytest.mark.parametrize(
    ("told", "pause", "words"),
    [
        (life(State.PENDING), None, "the next run sends it"),
        (
            life(State.PENDING, attempts=(ATTEMPT,)),
            None,
            "the next run sends it; last time: HTTP 502, Gateway, no",
        ),
        (
            life(State.PENDING, due_at=AT),
            None,
            (
                "it is backed off until 2023-11-14T22:13:20.000Z; a run that is started tries "
                "it at once"
            ),
        ),
        (
            life(State.PENDING, due_at=AT),
            PAUSE,
            "the table's runs are paused by anna on archive; see `batchclip resume`",
        ),
        (
            life(State.PENDING, held_by=HeldBy(9, State.IN_DOUBT)),
            PAUSE,
            (
                "it is not sent while job 9 is in doubt, which overlaps it: the two could not be "
                "told apart"
            ),
        ),
        (
            life(State.PENDING, held_by=HeldBy(9, State.SUBMITTING)),
            None,
            "job 9 of its file is being sent, and a file has one at a time",
        ),
        (
            life(State.SUBMITTING),
            PAUSE,
            (
                "a run has taken it for sending; if no run is going on, that one has died, and the "
                "next run, or `batchclip reconcile`, clears up"
            ),
        ),
        (
            life(State.IN_DOUBT, attempts=(ATTEMPT,)),
            None,
            (
                "its request may have arrived, so it is not sent again; the next run, or "
                "`batchclip reconcile`, looks for evidence; `batchclip resolve 17 "
                "--attempt 5 --as submitted` "
                "or `--as pending` takes your word"
            ),
        ),
        (
            life(
                State.IN_DOUBT,
                attempts=(ATTEMPT,),
                findings=(finding(Ruling.TOO_EARLY, "early"), finding(Ruling.UNCLEAR, "odd")),
            ),
            None,
            (
                "its request may have arrived, so it is not sent again; evidence was looked for: "
                "odd; `batchclip resolve 17 --attempt 5 --as submitted` or `--as pending` takes "
                "your word"
            ),
        ),
        (
            life(
                State.IN_DOUBT,
                attempts=(ATTEMPT,),
                findings=(finding(Ruling.NEVER_HAPPENED, generation=4),),
            ),
            None,
            (
                "its request may have arrived, so it is not sent again; the next run, or "
                "`batchclip reconcile`, looks for evidence; `batchclip resolve 17 "
                "--attempt 5 --as submitted` "
                "or `--as pending` takes your word"
            ),
        ),
        (
            life(State.SUBMITTED, attempts=(ATTEMPT,)),
            None,
            "Restream took it: project project-1",
        ),
        (
            life(State.SUBMITTED, changes=(change(State.SUBMITTED, "evidence: 1 clip"),)),
            None,
            "evidence: 1 clip",
        ),
        (
            life(State.SUBMITTED, changes=(change(State.PENDING, "evidence: none"),)),
            None,
            "Restream took it: project project-1",
        ),
        (
            life(State.ALREADY_DONE, attempts=(replace(ATTEMPT, http_status=409, error=None),)),
            None,
            "Restream had done it before (HTTP 409, Gateway)",
        ),
        (
            life(State.REJECTED, attempts=(replace(ATTEMPT, http_status=404),)),
            None,
            "Restream refused it (HTTP 404, Gateway, no); put it right and `batchclip retry` it",
        ),
        (
            life(State.FAILED, attempts=(replace(ATTEMPT, http_status=None),)),
            None,
            "it was tried often enough in one run (Gateway, no); the next run tries again",
        ),
        (
            life(State.FAILED),
            None,
            "it was tried often enough in one run (failed); the next run tries again",
        ),
        (
            life(State.CANCELLED, changes=(change(State.CANCELLED, "`batchclip cancel` by anna"),)),
            None,
            "it was taken out: `batchclip cancel` by anna",
        ),
        (life(State.CANCELLED), None, "it was taken out: no reason is on record"),
    ],
)
def test_why_a_range_is_where_it_is(told: Life, pause: PauseReport | None, words: str) -> None:
    assert standing(told, pause) == words
    assert life_fields(told, pause)["why"] == words
    state = told.report.state.value.replace("_", " ")
    assert life_text(told, pause).endswith(f"\n  {state}: {words}")


def test_every_state_has_its_sentence() -> None:
    for state in State:
        assert standing(life(state, attempts=(ATTEMPT,)), None)
