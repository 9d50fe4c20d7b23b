"""The table "how the attempt ended", second half: an outcome and its circumstances, decided."""

import json
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.job import State
from batchclip.outcome import Answer, Kind, Outcome, Silence, read_answer, read_silence
from batchclip.retry import BACK_OFF_MAX_SECONDS, Circumstances, Decision, Stop, back_off, decide

MAX_ATTEMPTS = 6

DECIDED_BY_KIND_ALONE = {
    Kind.CREATED: Decision(State.SUBMITTED, True, 0.0, None),
    Kind.ALREADY_DONE: Decision(State.ALREADY_DONE, True, 0.0, None),
    Kind.REFUSED: Decision(State.REJECTED, True, 0.0, None),
    Kind.SLOW_DOWN: Decision(State.PENDING, False, 0.0, None),
    Kind.USAGE_LIMIT: Decision(State.PENDING, False, 0.0, Stop.USAGE_LIMIT),
    Kind.SCOPE_MISSING: Decision(State.PENDING, False, 0.0, Stop.SCOPE),
    Kind.FEATURE_INACTIVE: Decision(State.PENDING, False, 0.0, Stop.FEATURE),
}

BACK_OFFS = [1.0, 2.0, 4.0, 8.0, 16.0]

EVERY_CIRCUMSTANCE = [
    Circumstances(harmless, tries, MAX_ATTEMPTS, token_spent, probing)
    for harmless, tries, token_spent, probing in product(
        [True, False], range(MAX_ATTEMPTS + 2), [True, False], [True, False]
    )
]


def expected(kind: Kind, circumstances: Circumstances) -> Decision:
    """Say it once more, in other words than the module's."""
    if kind in DECIDED_BY_KIND_ALONE:
        return DECIDED_BY_KIND_ALONE[kind]
    if kind is Kind.UNAUTHORIZED:
        return Decision(
            State.PENDING, False, 0.0, Stop.TOKEN if circumstances.token_spent else None
        )
    if kind is Kind.UNKNOWN and not circumstances.harmless:
        return Decision(State.IN_DOUBT, True, 0.0, None)
    if circumstances.probing:
        return Decision(State.PENDING, False, 0.0, None)
    if circumstances.tries >= len(BACK_OFFS):
        return Decision(State.FAILED, True, 0.0, None)
    return Decision(State.PENDING, True, BACK_OFFS[circumstances.tries], None)


@pytest.mark.parametrize("kind", Kind)
def test_every_ending_in_every_circumstance(kind: Kind) -> None:
    for circumstances in EVERY_CIRCUMSTANCE:
        assert decide(Outcome(kind), circumstances) == expected(kind, circumstances), circumstances


@pytest.mark.parametrize("tries", [0, 1])
def test_one_attempt_is_all_when_only_one_is_allowed(tries: int) -> None:
    once = Circumstances(harmless=False, tries=tries, max_attempts=1)

    assert decide(Outcome(Kind.NEVER_LEFT), once) == Decision(State.FAILED)


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (17, 300), (1000, 300), (10**9, 300)],
)
def test_back_off_doubles_up_to_its_ceiling(tries: int, seconds: float) -> None:
    assert back_off(tries) == seconds


@given(st.integers(1, 10**6))
def test_back_off_never_shrinks(tries: int) -> None:
    assert 1 <= back_off(tries) <= back_off(tries + 1) <= BACK_OFF_MAX_SECONDS


def came(status: int, content: object = None) -> Outcome:
    return read_answer(Answer(status, {}, json.dumps(content).encode()), 0.0)


def silent(name: str, *, left: bool) -> Outcome:
    return read_silence(Silence(left, name, "", timed_out="Timeout" in name))


BACKED_OFF = Decision(State.PENDING, True, 1.0)
HELD_OFF = Decision(State.PENDING, False)
USAGE = Decision(State.PENDING, False, stop=Stop.USAGE_LIMIT)

THE_TABLE = [
    (came(201, {"projectId": "p"}), Decision(State.SUBMITTED), Decision(State.SUBMITTED)),
    (
        came(409, {"error": {"name": "ClipsInputAlreadyProcessed"}}),
        Decision(State.ALREADY_DONE),
        Decision(State.ALREADY_DONE),
    ),
    (came(409), Decision(State.ALREADY_DONE), Decision(State.ALREADY_DONE)),
    (silent("ClientConnectorDNSError", left=False), BACKED_OFF, BACKED_OFF),
    (silent("ConnectionTimeoutError", left=False), BACKED_OFF, BACKED_OFF),
    (came(429), HELD_OFF, HELD_OFF),
    (came(503), HELD_OFF, HELD_OFF),
    *[
        (came(status, {"error": {"name": "UsageLimitReached"}}), USAGE, USAGE)
        for status in (400, 402, 403, 404, 409, 429, 500, 502, 503)
    ],
    (came(401), HELD_OFF, HELD_OFF),
    (
        came(403, {"error": {"name": "InsufficientScope"}}),
        Decision(State.PENDING, False, stop=Stop.SCOPE),
        Decision(State.PENDING, False, stop=Stop.SCOPE),
    ),
    (
        came(403, {"error": {"name": "FeatureNotActive"}}),
        Decision(State.PENDING, False, stop=Stop.FEATURE),
        Decision(State.PENDING, False, stop=Stop.FEATURE),
    ),
    *[
        (came(status), Decision(State.REJECTED), Decision(State.REJECTED))
        for status in (400, 403, 404, 418, 422)
    ],
    (silent("SocketTimeoutError", left=True), Decision(State.IN_DOUBT), BACKED_OFF),
    (silent("ClientConnectionResetError", left=True), Decision(State.IN_DOUBT), BACKED_OFF),
    *[
        (came(status), Decision(State.IN_DOUBT), BACKED_OFF)
        for status in (200, 201, 204, 301, 307, 408, 500, 501, 502, 504, 520, 599)
    ],
]


@pytest.mark.parametrize(("outcome", "may_cost", "harmless"), THE_TABLE)
def test_the_table_of_endings_cell_by_cell(
    outcome: Outcome, may_cost: Decision, harmless: Decision
) -> None:
    assert decide(outcome, Circumstances(False, 0, MAX_ATTEMPTS)) == may_cost
    assert decide(outcome, Circumstances(True, 0, MAX_ATTEMPTS)) == harmless


def test_a_second_401_stops_the_run() -> None:
    again = Circumstances(harmless=True, tries=0, max_attempts=MAX_ATTEMPTS, token_spent=True)

    assert decide(came(401), again) == Decision(State.PENDING, False, stop=Stop.TOKEN)


circumstances_that_may_cost = st.builds(
    Circumstances,
    st.just(False),
    st.integers(0, 2000),
    st.integers(1, 1000),
    st.booleans(),
    st.booleans(),
)
kinds_of_body = st.sampled_from(
    [b"", b"{}", b"<h1>quota exceeded, plan limit reached</h1>", b'{"message": "usage limit"}']
) | st.binary(max_size=60)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(100, 399) | st.sampled_from([500, 501, 502, 504, 520, 599]),
    kinds_of_body,
    st.booleans(),
    circumstances_that_may_cost,
)
def test_what_may_have_cost_is_never_pending_again(
    status: int, body: bytes, complete: bool, circumstances: Circumstances
) -> None:
    decision = decide(read_answer(Answer(status, {}, body, complete), 0.0), circumstances)

    assert decision.state in {State.IN_DOUBT, State.SUBMITTED}


@given(st.text(), st.text(), st.booleans(), circumstances_that_may_cost)
def test_silence_after_a_request_left_is_always_doubt(
    name: str, error: str, timed_out: bool, circumstances: Circumstances
) -> None:
    outcome = read_silence(Silence(True, name, error, timed_out))

    assert decide(outcome, circumstances) == Decision(State.IN_DOUBT)
