import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchclip.manifest import MAX_OFFSET_MS, format_seconds, parse_time


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("90", 90_000),
        ("90.5", 90_500),
        ("1:30", 90_000),
        ("01:02:03.250", 3_723_250),
        (" 90 ", 90_000),
        ("\t1:30\u00a0", 90_000),
        ("0", 0),
        ("0000000000000000000090", 90_000),
        ("90:00", 5_400_000),
        ("100:00:00", 360_000_000),
        ("1:5", 65_000),
        ("0:10", 10_000),
        ("0:0:10", 10_000),
        ("0.0004", 0),
        ("0.0005", 1),
        ("0.00049999999999999999999999999999", 0),
        ("1.0015", 1_002),
        ("1:59.9996", 120_000),
        ("0." + "9" * 5_000, 1_000),
        ("10000:00:00", MAX_OFFSET_MS),
        ("36000000", MAX_OFFSET_MS),
    ],
)
def test_times_that_people_write(text: str, ms: int) -> None:
    assert parse_time(text) == ms


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-5", '"-5" is negative'),
        ("-1:30", "negative"),
        ("\u22125", "negative"),
        ("1,5", '"1,5" has a decimal comma: expected a decimal point, as in 90.5'),
        ("1:02,5", "decimal comma"),
        ("1,000.5", "is not a time"),
        ("nan", '"nan" is not a time: expected seconds such as 90'),
        ("inf", "is not a time"),
        ("1e3", "is not a time"),
        ("+5", "is not a time"),
        ("1_000", "is not a time"),
        ("0x10", "is not a time"),
        ("5.", "is not a time"),
        (".5", "is not a time"),
        ("1:", "is not a time"),
        (":30", "is not a time"),
        ("1:2:3:4", "is not a time"),
        ("1: 30", "is not a time"),
        ("1.5:30", "is not a time"),
        ("90s", "is not a time"),
        ("", "is not a time"),
        ("\u0661\u0662", "is not a time"),
        ("\uff19\uff10", "is not a time"),
        ("1:60", '"1:60" has 60 seconds: expected fewer than 60'),
        ("1:75:00", "has 75 minutes: expected fewer than 60"),
        ("1:00:60", "has 60 seconds"),
        ("36000000.001", "more than 10,000 hours"),
        ("10000:00:01", "more than 10,000 hours"),
        ("9" * 15, "more than 10,000 hours"),
        ("9" * 16, "more than 10,000 hours"),
        ("9" * 10_000, "more than 10,000 hours"),
        ("9" * 10_000 + ".5", "more than 10,000 hours"),
    ],
)
def test_what_is_no_time_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_time(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("ms", "shown"), [(90_000, "90"), (90_500, "90.5"), (0, "0"), (1, "0.001"), (60_010, "60.01")]
)
def test_seconds_are_shown_whole_when_they_are(ms: int, shown: str) -> None:
    assert str(format_seconds(ms)) == shown


@given(st.integers(0, MAX_OFFSET_MS))
def test_what_is_shown_reads_back(ms: int) -> None:
    assert parse_time(str(format_seconds(ms))) == ms


@given(st.integers(0, 9_999), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_every_form_of_a_time_is_the_same_time(h: int, m: int, s: int, ms: int) -> None:
    total = (h * 3600 + m * 60 + s) * 1000 + ms
    forms = (f"{h}:{m}:{s}.{ms:03}", f"{h:02}:{m:02}:{s:02}.{ms:03}00", f"{h * 60 + m}:{s}.{ms:03}")
    assert {parse_time(form) for form in forms} == {total}


@given(st.text())
def test_any_text_is_a_time_or_a_sentence(text: str) -> None:
    try:
        assert 0 <= parse_time(text) <= MAX_OFFSET_MS
    except ValueError as error:
        assert str(error).isprintable()  # noqa: PT017 - both ends are fine
