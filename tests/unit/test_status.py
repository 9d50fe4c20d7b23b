"""`batchclip status` for people: every state, the run, and what needs a person."""

import json

import pytest

from batchclip.job import State
from batchclip.report.status import ATTENTION, status_fields, status_text
from batchclip.store.reports import RunReport

NOTHING = dict.fromkeys(State, 0)


def last_run(ended_at: int | None, exit_code: int | None, because: str | None = None) -> RunReport:
    return RunReport(9, 1_700_000_000_000, ended_at, 77, "archive", exit_code, because)


def test_the_fields_are_the_settled_ones_and_json() -> None:
    fields = status_fields(NOTHING, last_run(None, None), running=True)
    assert list(json.loads(json.dumps(fields))) == ["states", "run", "needs_attention"]
    assert list(fields["states"]) == [state.value for state in State]
    assert fields["needs_attention"] == []


def test_a_table_without_a_run() -> None:
    fields = status_fields(NOTHING, None, running=False)
    assert (fields["run"], fields["needs_attention"]) == (None, [])
    assert status_text(fields).endswith("no run is going on")


@pytest.mark.parametrize("state", ATTENTION)
def test_each_state_that_needs_a_person(state: State) -> None:
    fields = status_fields(NOTHING | {state: 1_500}, None, running=False)
    sentence = ATTENTION[state]
    need = {"state": state.value, "count": 1_500, "sentence": sentence}
    assert fields["needs_attention"] == [need]
    assert f"! 1,500 {state.value.replace('_', ' ')}: {sentence}" in status_text(fields)


@pytest.mark.parametrize("state", [state for state in State if state not in ATTENTION])
def test_other_states_need_nobody(state: State) -> None:
    assert status_fields(NOTHING | {state: 3}, None, running=False)["needs_attention"] == []


def test_a_killed_run_is_told_from_a_running_one() -> None:
    killed = status_fields(NOTHING, last_run(None, None), running=False)
    assert killed["run"] is None
    assert killed["needs_attention"] == [
        {"run": 9, "sentence": "the last run was killed; start it again, it goes on where it was"}
    ]
    assert "! run: the last run was killed" in status_text(killed)
    going_on = status_fields(NOTHING, last_run(None, None), running=True)
    assert going_on["run"]["id"] == 9
    assert "killed" not in status_text(going_on)


@pytest.mark.parametrize(
    ("code", "told"),
    [(0, 0), (1, 0), (3, 1), (4, 1), (5, 1), (7, 1), (130, 0), (143, 0)],
)
def test_why_the_last_run_stopped_stays_true_until_the_next(code: int, told: int) -> None:
    fields = status_fields(NOTHING, last_run(8, code, "why"), running=False)
    assert fields["needs_attention"] == [{"run": 9, "exit_code": code, "sentence": "why"}] * told
    assert status_fields(NOTHING, last_run(8, code, "why"), running=True)["needs_attention"] == []
