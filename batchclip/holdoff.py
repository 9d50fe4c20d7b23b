"""How long an answer's headers ask everybody to wait."""

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

EPOCH_FROM = 1_000_000_000
"""A reset above this many seconds is a moment since 1970, not a wait (both are in use)."""
EPOCH_MS_FROM = 100_000_000_000
"""And above this one, a moment in milliseconds."""


PREFIXES = ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
ASKING = frozenset({"retry-after", "ratelimit", *(prefix + "remaining" for prefix in PREFIXES)})
"""The headers of which one must be there to ask for a hold-off. Most answers have none."""


def hold_off_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds to hold off, None when the headers don't ask for it.

    `headers` have lower-case names; `now` is the wall clock's time in seconds since 1970.
    `Retry-After` is seconds or an HTTP date (RFC 9110, 10.2.3). Restream publishes no rate limits;
    the usual `X-RateLimit-*` and `RateLimit-*` headers are honoured when they say nothing is left.
    Moments are read against the answer's own `Date` where it has one: this machine's clock may be
    wrong.
    """
    if ASKING.isdisjoint(headers):
        return None
    now = date_of(headers, now)
    waits = [retry_after(headers.get("retry-after", ""), now), exhausted(headers, now)]
    known = [wait for wait in waits if wait is not None]
    return max(known) if known else None


def date_of(headers: Mapping[str, str], now: float) -> float:
    """The answer's `Date` in seconds since 1970; `now` when it has none, or one that is none."""
    age = until_date(headers.get("date", ""), now)
    return now if age is None else now + age


def retry_after(text: str, now: float) -> float | None:
    """Read a Retry-After header; None when it is absent or unreadable, never negative."""
    seconds = number(text)
    if seconds is None and text.strip():
        seconds = until_date(text, now)
    return None if seconds is None else max(0.0, seconds)


def until_date(text: str, now: float) -> float | None:
    """Seconds until an HTTP date, None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
        # A date without a zone, as in asctime's form, is UTC (RFC 9110, 5.6.7).
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None


def exhausted(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until a used-up allowance comes back, None while some is left."""
    combined = headers.get("ratelimit", "")
    left, reset = parameter(combined, "r"), parameter(combined, "t")
    for prefix in PREFIXES:
        left = number(headers.get(prefix + "remaining", "")) if left is None else left
        reset = number(headers.get(prefix + "reset", "")) if reset is None else reset
    if left is None or left > 0 or reset is None:
        return None
    if reset > EPOCH_MS_FROM:
        reset /= 1000
    return max(0.0, reset - now if reset > EPOCH_FROM else reset)


def parameter(text: str, name: str) -> float | None:
    """Read one parameter of the structured `RateLimit: "default";r=0;t=30` header."""
    match = re.search(rf";\s*{name}=([0-9.]+)", text)
    return number(match[1]) if match else None


def number(text: str) -> float | None:
    """A finite number, None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
