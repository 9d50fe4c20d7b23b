"""How long headers ask to wait: seconds, dates, used-up allowances, and nonsense."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.holdoff import hold_off_seconds

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kolkata"])
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 120 ", 120),
        ("1.5", 1.5),
        ("-3", 0),
        ("", None),
        (" ", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("-inf", None),
        ("1e400", None),
        ("1, 2", None),
        ("Mon, 99 Jan 99999 99:99:99 GMT", None),
    ],
)
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    assert hold_off_seconds({"retry-after": text}, NOW) == seconds


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60),
        ("Sun Nov  6 08:50:37 1994", 60),
        ("Sun, 06 Nov 1994 08:50:37 -0000", 60),
        ("Sun, 06 Nov 1994 09:50:37 +0100", 60),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sat, 05 Nov 1994 08:49:37 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    ],
)
def test_retry_after_as_a_date_in_each_form_of_http_wherever_it_is_read(
    text: str, seconds: float | None
) -> None:
    wait = hold_off_seconds({"retry-after": text}, NOW)

    if seconds is None:
        assert wait is None or wait > 0
    else:
        assert wait == seconds


@pytest.mark.parametrize("prefix", ["ratelimit-", "x-ratelimit-", "x-rate-limit-"])
@pytest.mark.parametrize(
    ("left", "reset", "seconds"),
    [
        ("0", "30", 30),
        ("-1", "30", 30),
        ("0", "0", 0),
        ("0", "-5", 0),
        ("0", "2000000000.5", 5.5),
        ("0", "1000000001", 0),
        ("1", "30", None),
        ("0.5", "30", None),
        ("0", "", None),
        ("0", "tomorrow", None),
        ("", "30", None),
        ("none", "30", None),
    ],
)
def test_a_used_up_allowance(prefix: str, left: str, reset: str, seconds: float | None) -> None:
    headers = {prefix + "remaining": left, prefix + "reset": reset}

    assert hold_off_seconds(headers, 1_999_999_995.0) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ('"default";r=0;t=30', 30),
        ('"default"; t=30; r=0', 30),
        ('"default";r=0;t=1.5', 1.5),
        ('"default";r=5;t=30', None),
        ('"default";r=0', None),
        ('"default";t=30', None),
        ('"default";r=1.2.3;t=30', None),
        ('"default";rr=0;t=30', None),
    ],
)
def test_the_one_header_that_holds_both(text: str, seconds: float | None) -> None:
    assert hold_off_seconds({"ratelimit": text}, NOW) == seconds


def test_what_one_header_leaves_out_the_next_may_say() -> None:
    headers = {"ratelimit": '"a";r=0', "x-ratelimit-remaining": "9", "x-rate-limit-reset": "8"}

    assert hold_off_seconds(headers, NOW) == 8


@pytest.mark.parametrize(("asked", "longest"), [("10", 30), ("90", 90), ("nonsense", 30)])
def test_the_longest_wait_counts(asked: str, longest: float) -> None:
    headers = {"retry-after": asked, "ratelimit-remaining": "0", "ratelimit-reset": "30"}

    assert hold_off_seconds(headers, NOW) == longest


def test_no_headers_ask_for_nothing() -> None:
    assert hold_off_seconds({}, NOW) is None


names = st.sampled_from(
    ["retry-after", "ratelimit", "ratelimit-remaining", "x-ratelimit-reset", "ratelimit-reset"]
)
words = (
    st.text(max_size=40)
    | st.text('0123456789;=rt." -+:,eGMTSunNov', max_size=40)
    | st.floats().map(str)
    | st.integers().map(str)
    | st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT"))
)


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(names, words), st.floats(0, 4e9))
def test_no_header_can_break_the_reader(headers: dict[str, str], now: float) -> None:
    wait = hold_off_seconds(headers, now)

    assert wait is None or 0 <= wait < float("inf")


def test_a_reset_may_be_a_moment_in_milliseconds() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000030000"}
    assert hold_off_seconds(headers, 1_800_000_000.0) == 30.0


@pytest.mark.parametrize("wrong_by", [-86_400.0, 0.0, 86_400.0])
def test_a_moment_is_read_against_the_answers_own_date(wrong_by: float) -> None:
    headers = {
        "date": "Wed, 21 Oct 2015 07:28:00 GMT",
        "retry-after": "Wed, 21 Oct 2015 07:29:30 GMT",
    }
    assert hold_off_seconds(headers, 1_445_412_480.0 + wrong_by) == 90.0


def test_a_date_that_is_none_leaves_it_to_this_machines_clock() -> None:
    headers = {"date": "yesterday", "retry-after": "Wed, 21 Oct 2015 07:29:30 GMT"}
    assert hold_off_seconds(headers, 1_445_412_480.0) == 90.0
