import pytest

from batchclip.job import State
from batchclip.report.status import status_fields, status_text
from batchclip.store.base import RunReport

COUNTS = dict.fromkeys(State, 0) | {State.SUBMITTED: 1200, State.IN_DOUBT: 2}


def run(ended_at: int | None = 9, exit_code: int | None = 0, because: str = "") -> RunReport:
    return RunReport(4, 0, ended_at, 4711, "nightly", exit_code, because)


def test_every_state_has_its_count() -> None:
    fields = status_fields(COUNTS, None, running=False)
    assert fields["states"] == {state.value: COUNTS[state] for state in State}
    assert fields["run"] is None


def test_a_run_that_goes_on_is_named() -> None:
    fields = status_fields(COUNTS, run(None, None), running=True)
    assert fields["run"] == {
        "id": 4,
        "pid": 4711,
        "host": "nightly",
        "started_at": "1970-01-01T00:00:00.000Z",
    }
    assert "run 4 goes on: process 4711 since 1970" in status_text(fields)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (run(None, None), "was killed"),
        (run(9, 4, "log in again"), "log in again"),
        (run(9, 3, "usage limit"), "usage limit"),
    ],
)
def test_why_the_last_run_needs_a_person(last: RunReport, words: str) -> None:
    fields = status_fields(COUNTS, last, running=False)
    assert [need.get("state", "run") for need in fields["needs_attention"]] == ["in_doubt", "run"]
    text = status_text(fields)
    assert "no run is going on" in text
    assert "1,200" in text
    assert "! 2 in doubt: may have been sent" in text
    assert words in text


@pytest.mark.parametrize("code", [0, 1, 130])
def test_a_run_that_ended_by_itself_needs_nobody(code: int) -> None:
    counts = dict.fromkeys(State, 0)
    assert status_fields(counts, run(9, code), running=False)["needs_attention"] == []
