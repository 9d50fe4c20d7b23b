"""How settings are written: addresses, rates, failure limits and moments."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchclip.notation import (
    FailureLimit,
    check_moment,
    moment_of,
    read_failure_limit,
    read_rate,
    safe_api_url,
)

INDIA = timezone(timedelta(hours=5, minutes=30))
NO_ADDRESS = "expected an address such as https://api.restream.io"
IN_THE_CLEAR = "expected https: only loopback may be spoken to in the clear"
NOT_BARE = "expected a bare address, without user, query or fragment"
NO_RATE = "expected requests a second, such as 5/s (or 30/m, 600/h)"
NO_LIMIT = "expected a number of ranges such as 20, or a share such as 5%"
NO_MOMENT = "expected HH:MM or an ISO time such as 2026-01-31T06:00"


def exactly(sentence: str) -> str:
    return f"^{re.escape(sentence)}$"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://api.restream.io", "https://api.restream.io"),
        ("https://api.restream.io/", "https://api.restream.io"),
        ("https://gateway.example:8443/restream//", "https://gateway.example:8443/restream"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.255.0.9:1/", "http://127.255.0.9:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_addresses_that_are_safe(text: str, read: str) -> None:
    assert safe_api_url(text) == read


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", NO_ADDRESS),
        ("api.restream.io", NO_ADDRESS),
        ("ftp://api.restream.io", NO_ADDRESS),
        ("file:///etc/passwd", NO_ADDRESS),
        ("https://", NO_ADDRESS),
        ("https:///path", NO_ADDRESS),
        ("http://api.restream.io", IN_THE_CLEAR),
        ("http://127.0.0.1.example.com", IN_THE_CLEAR),
        ("http://localhost.example.com", IN_THE_CLEAR),
        ("http://localhost@example.com", IN_THE_CLEAR),
        ("http://127.0.0.1\\@example.com", IN_THE_CLEAR),
        ("http://10.0.0.1", IN_THE_CLEAR),
        ("http://0.0.0.0", IN_THE_CLEAR),
        ("http://[::2]", IN_THE_CLEAR),
        ("https://user@api.restream.io", NOT_BARE),
        ("https://:password@api.restream.io", NOT_BARE),
        ("https://api.restream.io?x=1", NOT_BARE),
        ("https://api.restream.io/#top", NOT_BARE),
        ("https://[::1", "Invalid IPv6 URL"),
    ],
)
def test_addresses_that_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=exactly(sentence)):
        safe_api_url(text)


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        ("5/s", 5.0),
        ("5", 5.0),
        (" 2.5 / s ", 2.5),
        ("30/m", 0.5),
        ("900/h", 0.25),
        ("0/s", 0.0),
        (4, 4),
        (0.5, 0.5),
        (None, None),
    ],
)
def test_rates(value: object, rate: object) -> None:
    assert read_rate(value) == rate


@pytest.mark.parametrize(
    "text",
    ["", "fast", "5/d", "5/", "/s", "-5/s", "1e3/s", "5 s", "5/s/s", ".5", "5.", "inf", "nan"],
)
def test_rates_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=exactly(NO_RATE)):
        read_rate(text)


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ("20", FailureLimit(count=20)),
        (" 20 ", FailureLimit(count=20)),
        ("0", FailureLimit(count=0)),
        (20, FailureLimit(count=20)),
        ("5%", FailureLimit(percent=5)),
        ("2.5 %", FailureLimit(percent=2.5)),
        ("0%", FailureLimit(percent=0)),
        ("100%", FailureLimit(percent=100)),
        (None, None),
        (FailureLimit(count=1), FailureLimit(count=1)),
    ],
)
def test_failure_limits(value: object, limit: object) -> None:
    assert read_failure_limit(value) == limit


@pytest.mark.parametrize(
    "value", ["", "%", "2.5", "-1", "101%", "100.1%", "5%%", "many", "1e2", -1, 2.5, True]
)
def test_failure_limits_that_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=exactly(NO_LIMIT)):
        read_failure_limit(value)


@pytest.mark.parametrize(
    ("limit", "failures", "of_ranges", "reached"),
    [
        (FailureLimit(count=2), 2, 100, False),
        (FailureLimit(count=2), 3, 100, True),
        (FailureLimit(count=0), 0, 100, False),
        (FailureLimit(count=0), 1, 100, True),
        (FailureLimit(percent=5), 5, 100, False),
        (FailureLimit(percent=5), 6, 100, True),
        (FailureLimit(percent=0), 0, 100, False),
        (FailureLimit(percent=0), 1, 100, True),
        (FailureLimit(percent=100), 3, 3, False),
        (FailureLimit(percent=50), 0, 0, False),
    ],
)
def test_a_limit_is_reached_by_more_than_it_allows(
    limit: FailureLimit, failures: int, of_ranges: int, reached: bool
) -> None:
    assert limit.reached(failures, of_ranges) is reached


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_count_looks_at_nothing_but_the_count(allowed: int, failures: int) -> None:
    assert FailureLimit(count=allowed).reached(failures, 0) == (failures > allowed)


NOON = datetime(2026, 1, 31, 12, 0, tzinfo=INDIA)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12:01", datetime(2026, 1, 31, 12, 1, tzinfo=INDIA)),
        ("23:59", datetime(2026, 1, 31, 23, 59, tzinfo=INDIA)),
        ("12:00", datetime(2026, 2, 1, 12, 0, tzinfo=INDIA)),
        ("6:00", datetime(2026, 2, 1, 6, 0, tzinfo=INDIA)),
        (" 06:00 ", datetime(2026, 2, 1, 6, 0, tzinfo=INDIA)),
        ("0:00", datetime(2026, 2, 1, 0, 0, tzinfo=INDIA)),
        ("2026-02-01T06:00+05:30", datetime(2026, 2, 1, 0, 30, tzinfo=UTC)),
        ("2026-02-01T06:00Z", datetime(2026, 2, 1, 6, 0, tzinfo=UTC)),
        ("2020-02-01 06:00:30Z", datetime(2020, 2, 1, 6, 0, 30, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    read = moment_of(text, NOON)

    assert read == moment
    assert read.tzinfo is not None


@pytest.mark.parametrize(
    ("year", "month", "day", "next_day"),
    [(2024, 2, 28, (2024, 2, 29)), (2025, 2, 28, (2025, 3, 1)), (2025, 12, 31, (2026, 1, 1))],
)
def test_tomorrow_may_be_in_another_month(
    year: int, month: int, day: int, next_day: tuple[int, int, int]
) -> None:
    evening = datetime(year, month, day, 22, 0, tzinfo=INDIA)

    assert moment_of("06:00", evening) == datetime(*next_day, 6, 0, tzinfo=INDIA)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 -- zones come apart
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    st.integers(0, 23),
    st.integers(0, 59),
)
def test_a_time_of_day_is_always_within_the_next_day(
    local: datetime, zone: timezone, hour: int, minute: int
) -> None:
    now = local.replace(tzinfo=zone)

    moment = moment_of(f"{hour}:{minute:02}", now)

    assert timedelta(0) < moment - now <= timedelta(days=1)
    assert (moment.hour, moment.minute, moment.second) == (hour, minute, 0)


@pytest.fixture
def _new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_new_york")
@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-31T06:00", datetime(2026, 1, 31, 11, 0, tzinfo=UTC)),
        ("2026-07-31T06:00", datetime(2026, 7, 31, 10, 0, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, 5, 0, tzinfo=UTC)),
    ],
)
def test_an_iso_time_without_a_zone_is_local_with_its_own_day_s_offset(
    text: str, utc: datetime
) -> None:
    assert moment_of(text, NOON) == utc


@pytest.mark.usefixtures("_new_york")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", NO_MOMENT),
        ("tomorrow", NO_MOMENT),
        ("6", NO_MOMENT),
        ("6:0", NO_MOMENT),
        ("06:00:00", NO_MOMENT),
        ("2026-02-30T06:00", NO_MOMENT),
        ("2026-01-31T25:00", NO_MOMENT),
        ("0001-01-01T00:00", NO_MOMENT),
        ("9999-12-31T23:59", NO_MOMENT),
        ("24:00", "hour must be in 0..23"),
        ("7:60", "minute must be in 0..59"),
    ],
)
def test_moments_that_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=exactly(sentence)):
        check_moment(text)


@pytest.mark.parametrize("text", ["06:00", "2020-01-01T00:00Z"])
def test_a_moment_is_kept_as_it_is_written(text: str) -> None:
    assert check_moment(text) == text


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a port"):
        safe_api_url("https://api.restream.io:99999999")


def test_a_host_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an address"):
        safe_api_url("https://api..restream.io")
