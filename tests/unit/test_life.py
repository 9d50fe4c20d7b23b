"""One range's whole life, for people and as JSON."""

import json
from dataclasses import replace

import pytest

from batchclip.evidence import Ruling
from batchclip.job import Mode, Range, State
from batchclip.report.life import life_fields, life_text
from batchclip.store.reports import HeldBy, Life, PauseReport
from tests.support.lives import (
    AT,
    ATTEMPT,
    CLIP,
    COMPARED,
    FILE,
    SENT_LINE,
    change,
    finding,
    life,
)


def test_an_attempt_without_words_is_called_by_its_outcome() -> None:
    bare = replace(ATTEMPT, http_status=None, error_name=None, error=None, took_ms=None)
    on_the_wire = replace(bare, outcome="on_the_wire")
    text = life_text(life(State.SUBMITTING, attempts=(bare, on_the_wire)), None)
    assert "run 2 sent it; unknown\n" in text
    assert "run 2 sent it; on the wire\n" in text


LONG_LIFE = life(
    State.SUBMITTED,
    Range(FILE, 0, 20_000, Mode.SINGLE, title="A title"),
    attempts=(ATTEMPT,),
    changes=(
        change(State.PENDING, "`batchclip retry`", State.FAILED, AT + 30_000),
        change(State.SUBMITTED, "evidence: 1 clip made of it", at=AT + 200_000),
    ),
    findings=(finding(Ruling.HAPPENED, "1 clip made of it"),),
)


def test_a_life_is_told_in_the_order_in_which_it_happened() -> None:
    assert life_text(LONG_LIFE, None).splitlines() == [
        f"job 17: file {FILE}, 0 s to 20 s, single, titled 'A title'",
        "  2023-11-14T22:13:20.000Z  loaded from m.csv, line 7",
        "  2023-11-14T22:13:50.000Z  failed became pending: `batchclip retry`",
        f"  2023-11-14T22:14:20.000Z  {SENT_LINE}",
        "  2023-11-14T22:16:40.000Z  evidence was looked for: it happened: 1 clip made of it",
        "      clip clip-1: 1.5 s to 11 s, made 2023-11-14T22:14:50.000Z: its own",
        "  2023-11-14T22:16:40.000Z  in doubt became submitted: evidence: 1 clip made of it",
        "  submitted: evidence: 1 clip made of it",
    ]


def test_a_life_as_json_under_settled_names() -> None:
    fields = json.loads(json.dumps(life_fields(LONG_LIFE, None)))
    assert (fields.pop("range")["file_id"], fields.pop("why")) == (
        str(FILE),
        "evidence: 1 clip made of it",
    )
    assert fields == {
        "loaded_at": "2023-11-14T22:13:20.000Z",
        "due_at": None,
        "held_by": None,
        "attempts": [
            {
                "run": 2,
                "sent_at": "2023-11-14T22:14:20.000Z",
                "server_sent_at": "2023-11-14T22:14:20.700Z",
                "took_seconds": 30.0,
                "outcome": "unknown",
                "http_status": 502,
                "error_name": "Gateway",
                "error": "no",
            }
        ],
        "changes": [
            {
                "at": "2023-11-14T22:13:50.000Z",
                "run": 3,
                "from": "failed",
                "to": "pending",
                "reason": "`batchclip retry`",
            },
            {
                "at": "2023-11-14T22:16:40.000Z",
                "run": 3,
                "from": "in_doubt",
                "to": "submitted",
                "reason": "evidence: 1 clip made of it",
            },
        ],
        "evidence": [
            {
                "first_at": "2023-11-14T22:15:00.000Z",
                "last_at": "2023-11-14T22:16:40.000Z",
                "ruling": "happened",
                "reason": "1 clip made of it",
                "compared": COMPARED
                | {
                    "project_created_at": "2023-11-14T22:13:20.000Z",
                    "sent_at": "2023-11-14T22:14:20.000Z",
                    "clips": [
                        CLIP | {"start": 1.5, "end": 11, "created_at": "2023-11-14T22:14:50.000Z"}
                    ],
                },
            }
        ],
    }


def test_what_holds_a_range_back_and_until_when_as_json() -> None:
    held = life(State.PENDING, due_at=AT, held_by=HeldBy(9, State.IN_DOUBT))
    fields = life_fields(held, None)
    assert (fields["held_by"], fields["due_at"]) == (9, "2023-11-14T22:13:20.000Z")


def test_what_could_not_be_read_in_a_clip_is_called_unknown() -> None:
    odd = CLIP | {"start": None, "end": None, "created_at": None, "weight": "unclear"}
    told = life(State.PENDING, findings=(finding(Ruling.UNCLEAR, clips=[odd]),))
    assert "      clip clip-1: an unknown span, made an unknown time: unclear\n" in life_text(
        told, None
    )


@pytest.mark.parametrize("ruling", Ruling)
def test_every_ruling_is_said_in_words(ruling: Ruling) -> None:
    told = life(State.PENDING, findings=(finding(ruling, "a reason", clips=[]),))
    words = {
        Ruling.HAPPENED: "it happened",
        Ruling.NEVER_HAPPENED: "it never happened",
        Ruling.TOO_EARLY: "too early to say",
        Ruling.UNCLEAR: "nothing can be said",
    }[ruling]
    assert f"evidence was looked for: {words}: a reason\n" in life_text(told, None)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Range(FILE), "the whole video, clips"),
        (Range(FILE, force=True, mode=Mode.SINGLE), "the whole video, single, by force"),
        (Range(FILE, 0, 12_345, force=True), "0 s to 12.345 s, clips"),
    ],
)
def test_what_a_range_asks_for(asked: Range, words: str) -> None:
    assert life_text(life(State.PENDING, asked), None).startswith(f"job 17: file {FILE}, {words}\n")


EVIL = "a\x1b]52;c;eA==\x07\n\u202eb\x9b2J"


def evil_life(state: State) -> Life:
    """Everything that comes from outside drives a terminal."""
    attempt = replace(ATTEMPT, error_name=EVIL, error=EVIL)
    told = life(
        state,
        Range(FILE, 0, 20_000, title=EVIL),
        attempts=(attempt,),
        changes=(change(State.SUBMITTED, EVIL),),
        findings=(finding(Ruling.UNCLEAR, EVIL, clips=[CLIP | {"clip_id": EVIL}]),),
    )
    report = replace(told.report, manifest=EVIL, project_id=EVIL, error=EVIL, error_name=EVIL)
    return replace(told, report=report)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("changed", [True, False])
def test_texts_from_outside_drive_no_terminal(state: State, changed: bool) -> None:
    told = evil_life(state)
    told = told if changed else replace(told, changes=())
    for line in life_text(told, PauseReport(AT, EVIL)).split("\n"):
        assert line.isprintable()
