"""The table "how the attempt ended", first half: what came back, or did not, read as an outcome."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.envelope import MAX_TEXT
from batchclip.outcome import (
    TRANSIENT,
    Answer,
    Kind,
    Outcome,
    Silence,
    read_answer,
    read_silence,
)

NOW = 1_700_000_000.0

PROJECT = {
    "projectId": "p-1",
    "sourceTypeName": "VideoStorageFile",
    "sourceIdentifier": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "title": "t",
    "createdAt": "2026-01-31T00:00:00Z",
}

SPEECHLESS = {
    "empty": b"",
    "blank": b" \r\n",
    "html": b"<html><head><title>Gateway</title></head><body><h1>nginx</h1></body></html>",
    "truncated": b'{"error": {"name": "Usage',
    "not utf-8": b'{"error": {"name": "Some\xff"}}',
    "utf-16": '{"error": {"name": "Some"}}'.encode("utf-16"),
    "list": b'[{"name": "Some"}]',
    "text": b'"invalid_token"',
    "null": b"null",
    "nothing in it": b"{}",
    "empty envelope": b'{"error": {}}',
    "no text in it": b'{"error": {"name": 5, "message": null, "code": 1e999}}',
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"error":' * 50_000 + b"1" + b"}" * 50_000,
    "huge number": b'{"error": {"name": ' + b"9" * 5000 + b"}}",
    "huge exponent": b'{"error": 1e999999}',
    "nul": b"\0\0\0",
}
"""Bodies without a single word of Restream's: there only the status can decide."""

BY_STATUS_ALONE = {
    Kind.UNKNOWN: (
        *[408, 100, 101, 199, 200, 201, 202, 204, 206, 299, 300, 301, 302, 303, 304, 307, 308, 399],
        *[500, 501, 502, 504, 505, 507, 520, 522, 524, 529, 599, 600, 999],
    ),
    Kind.REFUSED: [400, 403, 404, 405, 406, 410, 411, 413, 415, 418, 422, 425, 451, 499],
    Kind.UNAUTHORIZED: [401],
    Kind.FEATURE_INACTIVE: [402],
    Kind.ALREADY_DONE: [409],
    Kind.SLOW_DOWN: [429, 503],
}

ERRORS = [300, 302, 400, 401, 402, 403, 404, 409, 410, 418, 422, 429, 499, 500, 502, 503, 504, 520]


def answer_of(status: int, content: object, **headers: str) -> Outcome:
    """Read an answer with this content as its JSON body."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return read_answer(Answer(status, named, json.dumps(content).encode()), NOW)


def envelope(name: str, message: str = "") -> object:
    return {"error": {"statusCode": 1, "status": 1, "code": 1, "message": message, "name": name}}


def flat(name: str, message: str = "") -> object:
    return {"Name": name, "Message": message}


def oauth(name: str, message: str = "") -> object:
    return {"error": name, "error_description": message}


Shape = Callable[..., object]
SHAPES: list[Shape] = [envelope, flat, oauth]


@pytest.mark.parametrize("body", SPEECHLESS.values(), ids=SPEECHLESS.keys())
@pytest.mark.parametrize("kind", BY_STATUS_ALONE)
def test_a_body_without_words_leaves_it_to_the_status(kind: Kind, body: bytes) -> None:
    statuses = BY_STATUS_ALONE[kind]
    outcomes = [read_answer(Answer(status, {}, body), NOW) for status in statuses]

    assert {o.http_status: o.kind for o in outcomes} == dict.fromkeys(statuses, kind)
    assert {o.project_id for o in outcomes} == {None}


@pytest.mark.parametrize("status", [200, 201, 202, 299])
@pytest.mark.parametrize("key", ["projectId", "project_id", "ProjectID", "PROJECT-ID"])
def test_a_project_in_a_2xx_is_created(status: int, key: str) -> None:
    assert answer_of(status, {key: " p-1\n", "title": None}) == Outcome(
        Kind.CREATED, http_status=status, project_id="p-1"
    )


@pytest.mark.parametrize(
    "content",
    [
        {},
        [PROJECT],
        "p-1",
        {"projectId": 7},
        {"projectId": None},
        {"projectId": ""},
        {"projectId": "\0 "},
        {"project": PROJECT},
        {"error": {"name": "UsageLimitReached"}},
        {"id": "p-1"},
    ],
)
def test_a_2xx_without_a_project_is_unknown(content: object) -> None:
    outcome = answer_of(201, content)

    assert (outcome.kind, outcome.error_name) == (Kind.UNKNOWN, "UnreadableAnswer")
    assert outcome.error == json.dumps(content)


@pytest.mark.parametrize("body", [b"", b"\n", b"\0"])
def test_an_empty_2xx_says_so(body: bytes) -> None:
    assert read_answer(Answer(204, {}, body), NOW).error == "the body is empty"


def test_a_2xx_that_broke_off_is_unknown_even_if_what_came_can_be_read() -> None:
    whole = Answer(201, {}, json.dumps(PROJECT).encode(), complete=False)

    assert read_answer(whole, NOW).kind is Kind.UNKNOWN


def test_an_error_that_broke_off_still_counts_by_its_status() -> None:
    assert read_answer(Answer(409, {}, b'{"err', complete=False), NOW).kind is Kind.ALREADY_DONE


USAGE_NAMES = [
    "UsageLimitReached",
    "usage_limit_reached",
    "USAGE-LIMIT-REACHED",
    "Usage limit reached",
    "ClipsUsageLimitExceeded",
    "MonthlyLimitExceeded",
    "PlanLimitReached",
    "CreditsExhausted",
    "credits_used_up",
    "QuotaExceeded",
    "quota",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", USAGE_NAMES)
def test_a_usage_limit_by_name_is_one_whatever_its_status(name: str, shape: Shape) -> None:
    outcomes = [answer_of(status, shape(name)) for status in ERRORS]

    assert outcomes == [
        Outcome(Kind.USAGE_LIMIT, http_status=status, error_name=name) for status in ERRORS
    ]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 409, 410, 422, 429, 499, 503])
@pytest.mark.parametrize(
    "message",
    [
        "You have reached your monthly usage limit",
        "Your plan's clip quota is used up",
        "No credits left: allowance exhausted",
        "Limit reached.",
    ],
)
def test_a_nameless_message_may_speak_of_a_usage_limit(status: int, message: str) -> None:
    assert answer_of(status, {"message": message}).kind is Kind.USAGE_LIMIT


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Kind.REFUSED), (500, Kind.UNKNOWN), (302, Kind.UNKNOWN)]
)
def test_a_message_about_usage_never_bends_these(status: int, kind: Kind) -> None:
    assert answer_of(status, {"message": "usage limit reached"}).kind is kind


@pytest.mark.parametrize("status", [402, 403, 429, 503])
def test_where_stops_are_natural_the_message_counts_beside_a_name_and_in_html(status: int) -> None:
    named = answer_of(status, envelope("Forbidden", "usage limit reached"))
    page = read_answer(Answer(status, {}, b"<h1>Usage limit reached</h1>"), NOW)

    assert named.kind is page.kind is Kind.USAGE_LIMIT


UNREADABLE_USAGE = {
    "truncated": b'{"error": {"name": "UsageLimitReached"',
    "not utf-8": b'{"error": {"name": "UsageLimitReached\xff"}}',
    "utf-16": '{"error": {"name": "UsageLimitReached"}}'.encode("utf-16"),
    "list": b'[{"name": "UsageLimitReached"}]',
}


@pytest.mark.parametrize("body", UNREADABLE_USAGE.values(), ids=UNREADABLE_USAGE.keys())
def test_a_body_that_is_no_object_is_read_for_words_where_stops_are_natural(body: bytes) -> None:
    read = {status: read_answer(Answer(status, {}, body), NOW).kind for status in ERRORS}

    stopped = {status for status, kind in read.items() if kind is Kind.USAGE_LIMIT}
    assert stopped == {402, 403, 429, 503}


@pytest.mark.parametrize(("status", "kind"), [(400, Kind.REFUSED), (409, Kind.ALREADY_DONE)])
def test_elsewhere_the_message_is_not_read_beside_a_name_or_in_html(
    status: int, kind: Kind
) -> None:
    named = answer_of(status, envelope("Conflict", "usage limit reached"))
    page = read_answer(Answer(status, {}, b"<h1>Usage limit reached</h1>"), NOW)

    assert named.kind is page.kind is kind


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("RateLimitReached", ""),
        ("rate_limit_exceeded", "rate limit reached for your plan"),
        ("TooManyRequests", "Too many requests this month"),
        ("RequestLimitExceeded", ""),
        ("", "Quota exceeded for requests per minute"),
        ("", "You have reached the limit of 10 requests a second"),
        ("", "Slow down"),
        ("", "Limit exceeded"),
    ],
)
def test_requests_that_come_too_fast_are_no_spent_quota(
    status: int, name: str, message: str
) -> None:
    outcome = answer_of(status, envelope(name, message))

    assert outcome == Outcome(
        Kind.SLOW_DOWN,
        http_status=status,
        error_name=name or None,
        error=message or None,
        congested=True,
    )


STOPS = [
    ("InsufficientScope", Kind.SCOPE_MISSING),
    ("insufficient_scope", Kind.SCOPE_MISSING),
    ("missing scope: clips.write", Kind.SCOPE_MISSING),
    ("FeatureNotActive", Kind.FEATURE_INACTIVE),
    ("feature-not-enabled", Kind.FEATURE_INACTIVE),
    ("FEATURE_DISABLED", Kind.FEATURE_INACTIVE),
    ("FeatureUnavailable", Kind.FEATURE_INACTIVE),
    ("invalid_token", Kind.UNAUTHORIZED),
    ("InvalidToken", Kind.UNAUTHORIZED),
    ("Unauthorised", Kind.UNAUTHORIZED),
    ("token expired", Kind.UNAUTHORIZED),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("status", [400, 401, 402, 403, 422, 429, 503])
@pytest.mark.parametrize(("name", "kind"), STOPS)
def test_a_stop_goes_by_its_name(name: str, kind: Kind, status: int, shape: Shape) -> None:
    assert answer_of(status, shape(name)).kind is kind


@pytest.mark.parametrize(("name", "_"), STOPS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, Kind.REFUSED),
        (409, Kind.ALREADY_DONE),
        (500, Kind.UNKNOWN),
        (502, Kind.UNKNOWN),
        (504, Kind.UNKNOWN),
        (302, Kind.UNKNOWN),
    ],
)
def test_no_stop_but_a_usage_limit_bends_these(name: str, _: Kind, status: int, kind: Kind) -> None:
    assert answer_of(status, envelope(name)).kind is kind


@pytest.mark.parametrize("status", [400, 402, 403, 422, 429])
@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Clips: this feature is not active", Kind.FEATURE_INACTIVE),
        ("The token's scopes are insufficient", Kind.SCOPE_MISSING),
    ],
)
def test_a_nameless_stop_goes_by_its_message(status: int, message: str, kind: Kind) -> None:
    assert answer_of(status, {"error": {"message": message}}).kind is kind


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (400, "InvalidBodyParams", Kind.REFUSED),
        (403, "Forbidden", Kind.REFUSED),
        (400, "FeatureNameTooLong", Kind.REFUSED),
        (403, "StreamNotActive", Kind.REFUSED),
        (404, "FileNotFound", Kind.REFUSED),
        (409, "ClipsInputAlreadyProcessed", Kind.ALREADY_DONE),
        (409, "SomethingElse", Kind.ALREADY_DONE),
        (413, "FileSizeLimitExceeded", Kind.REFUSED),
        (500, "InternalServerError", Kind.UNKNOWN),
    ],
)
def test_another_name_is_kept_and_shown(status: int, name: str, kind: Kind, shape: Shape) -> None:
    assert answer_of(status, shape(name, "because\nof  it")) == Outcome(
        kind, http_status=status, error_name=name, error="because of it"
    )


@pytest.mark.parametrize(
    ("status", "content"),
    [(201, PROJECT), (201, {}), (409, {}), (429, {}), (503, {}), (500, {}), (400, {})],
)
def test_every_answer_may_ask_everybody_to_wait(status: int, content: object) -> None:
    assert answer_of(status, content, retry_after="7").hold_off == 7
    assert answer_of(status, content).hold_off is None


def test_a_date_counts_from_the_time_that_the_caller_tells() -> None:
    outcome = answer_of(503, {}, retry_after="Tue, 14 Nov 2023 22:14:20 GMT")

    assert outcome.hold_off == 60


def test_only_a_slow_down_is_congestion() -> None:
    congested = {
        kind
        for kind, statuses in BY_STATUS_ALONE.items()
        for status in statuses
        if answer_of(status, {}).congested
    }
    assert congested == {Kind.SLOW_DOWN}


@pytest.mark.parametrize(("timed_out", "exhausted"), [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize(("left", "kind"), [(False, Kind.NEVER_LEFT), (True, Kind.UNKNOWN)])
def test_silence_depends_on_whether_the_request_left(
    left: bool, kind: Kind, timed_out: bool, exhausted: bool
) -> None:
    silence = Silence(left, "SomeError", "line one\nline\ttwo", timed_out, exhausted)

    assert read_silence(silence) == Outcome(
        kind, error_name="SomeError", error="line one line two", congested=timed_out or exhausted
    )


def test_the_transient_endings() -> None:
    assert {Kind.NEVER_LEFT, Kind.SLOW_DOWN, Kind.UNKNOWN} == TRANSIENT


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "name", "message", "projectId", "error_description"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
bodies = st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode())
texts = st.text(max_size=30) | st.sampled_from(["0", "1", "-1", "1e400", "nan", '"x";r=0;t=5'])
header_names = st.sampled_from(
    ["retry-after", "ratelimit", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-reset"]
)
answers = st.builds(
    Answer,
    st.integers(100, 599),
    st.dictionaries(header_names, texts, max_size=3),
    bodies,
    st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(answers)
def test_no_answer_can_break_the_reader(answer: Answer) -> None:
    outcome = read_answer(answer, NOW)

    assert outcome.http_status == answer.status
    assert outcome.hold_off is None or outcome.hold_off >= 0
    assert (outcome.kind is Kind.CREATED) == (outcome.project_id is not None)
    for text in (outcome.error_name, outcome.error, outcome.project_id):
        assert text is None or (text.isprintable() and 0 < len(text) <= MAX_TEXT)


@settings(max_examples=200, deadline=None)
@given(answers)
def test_nothing_but_a_2xx_is_created_and_no_2xx_is_anything_certain_else(answer: Answer) -> None:
    kind = read_answer(answer, NOW).kind

    if 200 <= answer.status < 300:
        assert kind in {Kind.CREATED, Kind.UNKNOWN}
    else:
        assert kind is not Kind.CREATED


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["projectid", "error", "x"]), st.binary(max_size=50), st.integers(0, 120))
def test_a_201_cut_anywhere_is_unknown(key: str, tail: bytes, cut: int) -> None:
    whole = json.dumps({**PROJECT, key + "x": tail.hex()}).encode()

    assert read_answer(Answer(201, {}, whole[:cut]), NOW).kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("status", "name", "message"),
    [
        (403, "", "Usage limit reached: 600 of 600 minutes this month"),
        (403, "MonthlyMinutesExceeded", ""),
        (429, "MonthlyMinutesExceeded", ""),
    ],
)
def test_a_quota_that_is_counted_in_minutes_is_a_quota(
    status: int, name: str, message: str
) -> None:
    body = json.dumps({"error": {"name": name, "message": message}}).encode()
    assert read_answer(Answer(status, {}, body), 0.0).kind is Kind.USAGE_LIMIT


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b'{"error": {"name": "ConcurrencyLimitReached"}}'),
        (429, b'{"error": {"message": "requests limit reached"}}'),
        (503, b"retry limit exceeded: origin unreachable"),
    ],
)
def test_a_crowd_or_an_unreachable_origin_is_no_quota(status: int, body: bytes) -> None:
    assert read_answer(Answer(status, {}, body), 0.0).kind is Kind.SLOW_DOWN
