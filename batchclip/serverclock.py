"""Restream's clock, as the `Date` headers of its answers tell it."""

from collections import deque
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

from batchclip.clock import Clock

REMEMBERED = 8
LATEST = 32_503_680_000.0
"""The year 3000; a later date is a misreading."""
AGREE_SECONDS = 5.0
"""Dates that differ by more than this come from clocks of which one is wrong."""


@lru_cache(maxsize=4)
def moment(date: str) -> float | None:
    """Seconds since 1970 of a `Date` header, None when it is none.

    Thousands of answers a second bear the same one, and reading it is slow.
    """
    try:
        parsed = parsedate_to_datetime(date)
        told = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return told if 0 <= told <= LATEST else None


class ServerClock:
    """Carries the newest answers' time forward by the monotonic clock.

    So a jump of this machine's wall clock does not move it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: deque[float] = deque(maxlen=REMEMBERED)
        self._wall_ahead = 0.0

    def notice(self, date: str) -> None:
        """Take notice of a `Date` header (RFC 9110, 6.6.1); one that is none says nothing."""
        told = moment(date)
        if told is None:
            return
        monotonic = self._clock.monotonic()
        self._ahead.append(told - monotonic)
        self._wall_ahead = self._clock.now() - monotonic

    def now(self) -> int | None:
        """Milliseconds since 1970 by Restream's clock; None while that is not known.

        The headers' whole seconds are rounded down, so the largest difference is the best.
        """
        if not self._ahead or max(self._ahead) - min(self._ahead) > AGREE_SECONDS:
            return None
        if abs(self._clock.now() - self._clock.monotonic() - self._wall_ahead) > AGREE_SECONDS:
            # The wall clock was set, or the machine slept; the next answer tells which time it is.
            return None
        return round(1000 * (max(self._ahead) + self._clock.monotonic()))
