"""Times as people write them, to and from milliseconds."""

import re

from batchclip.manifest.wording import quoted

MAX_OFFSET_MS = 10_000 * 3_600_000
"""The largest offset taken: 10,000 hours, longer than any video, so more is a slip of the hand."""

# Fifteen digits after leading zeros are far over the limit, and int() of them costs nothing.
_NUMBER = "0*([0-9]{1,15})"
_TIME = re.compile(rf"(?:(?:{_NUMBER}:)?{_NUMBER}:)?{_NUMBER}(?:\.([0-9]+))?")
_HUGE = re.compile(r"[0-9]{16,}(?:\.[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[0-9:]+,[0-9]+")
_EXPECTED = "expected seconds such as 90 or 90.5, or 1:30, or 01:02:03.250"


def parse_time(text: str) -> int:
    """An offset in milliseconds; decimals after the third are rounded, half up.

    Raises ValueError with a sentence for the operator.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(_no_time(text.strip()))
    hours, minutes, seconds, decimals = found.groups()
    total = int(seconds) * 1000
    if minutes is not None:
        _below_sixty(text, "seconds", seconds)
        total += _minutes(text, hours, minutes) * 60_000
    if decimals is not None:
        total += _thousandths(decimals)
    if total > MAX_OFFSET_MS:
        raise ValueError(_too_far(text))
    return total


def format_seconds(ms: int) -> int | float:
    """Milliseconds as seconds, whole when they are: 90000 is 90, 90500 is 90.5."""
    return ms / 1000 if ms % 1000 else ms // 1000


def _minutes(text: str, hours: str | None, minutes: str) -> int:
    if hours is None:
        return int(minutes)
    _below_sixty(text, "minutes", minutes)
    return int(hours) * 60 + int(minutes)


def _below_sixty(text: str, unit: str, number: str) -> None:
    if int(number) >= 60:
        raise ValueError(f"{quoted(text.strip())} has {number} {unit}: expected fewer than 60")


def _thousandths(decimals: str) -> int:
    # Digits, not floats: 0.0005 must round up to 0.001 every time.
    kept = int(decimals[:3].ljust(3, "0"))
    return kept + (decimals[3:4] >= "5")


def _too_far(text: str) -> str:
    return f"{quoted(text.strip())} is more than 10,000 hours: {_EXPECTED}"


def _no_time(text: str) -> str:
    if text.startswith(("-", "\N{MINUS SIGN}")):
        return (
            f"{quoted(text)} is negative: expected an offset from the start of the video, 0 or more"
        )
    if _DECIMAL_COMMA.fullmatch(text):
        return f"{quoted(text)} has a decimal comma: expected a decimal point, as in 90.5"
    if _HUGE.fullmatch(text):
        return _too_far(text)
    return f"{quoted(text)} is not a time: {_EXPECTED}"
