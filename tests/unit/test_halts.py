"""Why a run stops, and the exit code and sentence that it ends with."""

import re
from collections import Counter

import pytest

from batchclip.errors import (
    ApiUnavailable,
    BatchclipError,
    PersonNeeded,
    TableBusy,
    TableError,
    UsageError,
)
from batchclip.job import State
from batchclip.retry import Stop
from batchclip.runner.halts import (
    BUDGET,
    BY_STOP,
    DEADLINE,
    FAILURES,
    End,
    Halt,
    Halts,
    end_of_run,
    failed_with,
    halt_of,
    hold_off_too_long,
    interrupted,
    unavailable,
    unsettled_sentence,
)

REPORT = "`batchclip report`."
ALL_DONE = Counter({State.SUBMITTED: 5, State.ALREADY_DONE: 1, State.CANCELLED: 1})
WORK_LEFT = ALL_DONE + Counter({State.PENDING: 2})


@pytest.mark.parametrize(
    ("stop", "exit_code", "word"),
    [
        (Stop.USAGE_LIMIT, 3, "usage limit"),
        (Stop.TOKEN, 4, "access token"),
        (Stop.SCOPE, 4, "clips.write"),
        (Stop.FEATURE, 4, "not active"),
    ],
)
def test_each_stop_has_its_code_and_says_what_to_do(stop: Stop, exit_code: int, word: str) -> None:
    halt = BY_STOP[stop]

    assert halt.exit_code == exit_code
    assert word in halt.sentence
    assert "un again" in halt.sentence
    assert not halt.only_with_work_left


def test_no_stop_is_without_a_halt() -> None:
    assert set(BY_STOP) == set(Stop)


@pytest.mark.parametrize(
    ("halt", "expected"),
    [
        (
            hold_off_too_long(3599.6),
            Halt(
                3,
                "Restream asks to wait 3600 s, longer than this run may; run again later.",
                only_with_work_left=True,
            ),
        ),
        (
            unavailable(900.0),
            Halt(
                5,
                "the API has answered nothing useful for 900 s (--give-up-after); "
                "run again when it is back.",
            ),
        ),
        (interrupted("SIGINT", 2), Halt(130, "interrupted by SIGINT; the next run goes on.")),
        (interrupted("SIGTERM", 15), Halt(143, "interrupted by SIGTERM; the next run goes on.")),
    ],
)
def test_the_sentences_of_other_halts(halt: Halt, expected: Halt) -> None:
    assert halt == expected


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (BatchclipError("why"), 1),
        (UsageError("why"), 2),
        (PersonNeeded("why"), 4),
        (ApiUnavailable("why"), 5),
        (TableBusy("why"), 6),
        (TableError("why"), 7),
    ],
)
def test_an_error_halts_with_its_own_code_and_words(error: BatchclipError, exit_code: int) -> None:
    assert failed_with(error) == Halt(exit_code, "why")


def test_the_first_reason_is_kept_and_told_once_to_everybody() -> None:
    halts = Halts()
    told: list[tuple[str, Halt]] = []
    halts.on_stop(lambda halt: told.append(("a", halt)))
    halts.on_stop(lambda halt: told.append(("b", halt)))
    assert halts.halt is None
    assert not halts.stopped.is_set()

    halts.stop(DEADLINE)
    halts.stop(BUDGET)

    assert halts.halt is DEADLINE
    assert halts.stopped.is_set()
    assert told == [("a", DEADLINE), ("b", DEADLINE)]


@pytest.mark.parametrize("halt", [DEADLINE, BUDGET, FAILURES])
def test_a_limit_matters_only_while_there_is_work_left(halt: Halt) -> None:
    assert end_of_run(halt, WORK_LEFT) == End(3, halt.sentence)
    assert end_of_run(halt, ALL_DONE).exit_code == 0


def test_what_is_on_the_wire_is_left_as_well_as_what_waits() -> None:
    counts = Counter({State.PENDING: 2, State.SUBMITTING: 2})

    assert end_of_run(DEADLINE, counts).exit_code == 3


@pytest.mark.parametrize("halt", [*BY_STOP.values(), unavailable(1), interrupted("SIGINT", 2)])
def test_every_other_halt_matters_in_any_case(halt: Halt) -> None:
    assert end_of_run(halt, ALL_DONE) == end_of_run(halt, WORK_LEFT)
    assert end_of_run(halt, ALL_DONE) == End(halt.exit_code, halt.sentence)


@pytest.mark.parametrize("counts", [ALL_DONE, Counter[State]()])
def test_a_run_with_nothing_left_ends_well(counts: Counter[State]) -> None:
    assert end_of_run(None, counts) == End(
        0, "finished: every range is submitted, already done or cancelled."
    )


@pytest.mark.parametrize(
    "state", [State.REJECTED, State.FAILED, State.IN_DOUBT, State.PENDING, State.SUBMITTING]
)
@pytest.mark.parametrize("halt", [None, DEADLINE])
def test_one_range_that_is_not_well_keeps_a_run_from_ending_well(
    state: State, halt: Halt | None
) -> None:
    end = end_of_run(halt, ALL_DONE + Counter({state: 1}))

    left = state in {State.PENDING, State.SUBMITTING}
    assert end.exit_code == (3 if halt and left else 1)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({State.REJECTED: 2}, "2 rejected; see " + REPORT),
        (
            {State.IN_DOUBT: 1, State.FAILED: 3, State.REJECTED: 2},
            "2 rejected, 3 failed, 1 in doubt; see " + REPORT,
        ),
        (
            {State.PENDING: 4, State.IN_DOUBT: 1},
            "1 in doubt, 4 pending until what they overlap is no longer in doubt; see " + REPORT,
        ),
    ],
)
def test_what_is_left_is_counted(counts: dict[State, int], sentence: str) -> None:
    assert unsettled_sentence(Counter(counts)) == sentence
    assert end_of_run(None, Counter(counts)) == End(1, "finished, but not all is well: " + sentence)


@pytest.mark.parametrize(
    ("renewable", "variable"),
    [(False, "BATCHCLIP_ACCESS_TOKEN"), (True, "BATCHCLIP_REFRESH_TOKEN")],
)
def test_a_refused_token_is_named_by_where_it_came_from(renewable: bool, variable: str) -> None:
    halt = halt_of(Stop.TOKEN, renewable=renewable)
    assert halt.exit_code == 4
    assert re.findall(r"BATCHCLIP_\w+", halt.sentence) == [variable]
    assert halt_of(Stop.SCOPE, renewable=renewable) is BY_STOP[Stop.SCOPE]


def test_a_nonsense_wait_is_no_row_of_digits() -> None:
    assert "more than a month" in hold_off_too_long(1e300).sentence
