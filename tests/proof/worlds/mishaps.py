"""What may go wrong with one request: whether it takes effect, and what the client sees of it."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

ENVELOPE = '{"error": {"statusCode": %d, "status": %d, "code": %d, "message": "%s", "name": "%s"}}'
HTML = b"<html><head><title>Bad Gateway</title></head><body>nginx</body></html>"


def refusal(status: int, name: str, message: str = "no") -> bytes:
    """An error in Restream's envelope."""
    return (ENVELOPE % (status, status, status, message, name)).encode()


@dataclass(frozen=True)
class Mishap:
    """`effect`: none, now, or late (a while after the connection was lost).

    `ending`: what becomes of the connection; `answered` alone is a whole answer that keeps it.
    """

    effect: str
    ending: str = "answered"
    status: int = 0
    body: bytes = b""


MISHAPS = {
    "reset_before": Mishap("none", "reset"),
    "reset_after": Mishap("now", "reset"),
    "reset_late": Mishap("late", "reset"),
    "closed_before": Mishap("none", "closed"),
    "closed_after": Mishap("now", "closed"),
    "closed_late": Mishap("late", "closed"),
    "silent_before": Mishap("none", "silent"),
    "silent_after": Mishap("now", "silent"),
    "silent_late": Mishap("late", "silent"),
    "half_after": Mishap("now", "half"),
    "half_silent": Mishap("now", "half_silent"),
    "error_before": Mishap("none", status=500, body=refusal(500, "InternalServerError")),
    "error_after": Mishap("now", status=500, body=refusal(500, "InternalServerError")),
    "gateway_before": Mishap("none", status=502, body=HTML),
    "gateway_after": Mishap("now", status=502, body=HTML),
    "gateway_timeout": Mishap("late", status=504, body=HTML),
    "garbage_before": Mishap("none", status=201, body=b'{"projectId": "31a1e1'),
    "garbage_after": Mishap("now", status=201, body=b"<html>welcome</html>"),
    "empty_after": Mishap("now", status=204),
    "moved_after": Mishap("now", status=303),
    "teapot": Mishap("none", status=418, body=refusal(418, "Teapot")),
    "slow_down": Mishap("none", status=429, body=refusal(429, "TooManyRequests")),
    "unavailable": Mishap("none", status=503, body=refusal(503, "ServiceUnavailable")),
    "unauthorized": Mishap("none", status=401, body=refusal(401, "invalid_token")),
    "slow": Mishap("now", "slow"),
    "then_closed": Mishap("now", "then_closed"),
    "then_unasked": Mishap("now", "then_unasked"),
}
"""Mishaps of a create; those that end well come last."""

LATE = frozenset(name for name, mishap in MISHAPS.items() if mishap.effect == "late")

READ_MISHAPS = (
    "error", "gateway", "garbage", "closed", "reset", "silent", "slow_down",
    "same_cursor", "no_cursor", "empty_page", "vanished", "no_clips",
)  # fmt: skip
"""Mishaps of a read; from `same_cursor` on they are of its content."""

TOKEN_MISHAPS = ("error", "slow_down", "reset_after", "garbage_after", "slow")


def drawn(dice: random.Random, chances: Mapping[str, float]) -> str | None:
    """Draw one of these, or none."""
    at = dice.random()
    for name, chance in chances.items():
        at -= chance
        if at < 0:
            return name
    return None


def hold_off(
    dice: random.Random, *, dates: bool
) -> tuple[str | None, Callable[[float], float] | None]:
    """A Retry-After header, if any, and until when it binds whoever is answered at a moment.

    Seconds count from the answer, while a date stays where it is, however late the answer comes.
    A date only where the clocks agree: whole seconds of another clock bind nobody.
    """
    way = dice.choice(["none", "seconds", "fraction", "date" if dates else "seconds"])
    if way == "none":
        return None, None
    if way == "date":
        now = datetime.now(UTC)
        moment = (now + timedelta(seconds=2)).replace(microsecond=0)
        until = time.monotonic() + (moment - now).total_seconds()
        return format_datetime(moment, usegmt=True), lambda _: until
    seconds = 1.0 if way == "seconds" else round(dice.uniform(0.8, 1.5), 2)
    return f"{seconds:g}", lambda answered_at: answered_at + seconds
