"""How a setting's value is written: addresses, rates, shares and moments."""

import ipaddress
import re
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict


def safe_api_url(text: str) -> str:
    """Refuse what would send a token in the clear or to a place that nobody meant."""
    parts = urlsplit(text)
    try:
        parts.port  # noqa: B018 -- reading it checks it
    except ValueError:
        raise ValueError("expected a port from 0 to 65535") from None
    if parts.scheme not in {"http", "https"} or not is_host(parts.hostname):
        raise ValueError("expected an address such as https://api.restream.io")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("expected https: only loopback may be spoken to in the clear")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected a bare address, without user, query or fragment")
    if not re.fullmatch(r"(\[[^][]+\]|[^][:]+)(:[0-9]*)?", parts.netloc):
        # Not everybody sees the same host in [::1].example
        raise ValueError("expected a host and perhaps a port, and nothing else beside them")
    return text.rstrip("/")


def is_host(name: str | None) -> bool:
    """Whether this can be the name of a host, as `api..restream.io` can't."""
    try:
        return bool(name and name.encode("idna"))
    except UnicodeError:
        return False


def is_loopback(host: str) -> bool:
    """Whether this host name is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_rate(value: object) -> object:
    """Read `5/s`, `30/m`, `600/h` or a plain number of requests a second."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:/\s*(s|m|h))?\s*", value)
    if not match:
        raise ValueError("expected requests a second, such as 5/s (or 30/m, 600/h)")
    return float(match[1]) / {"s": 1, "m": 60, "h": 3600}[match[2] or "s"]


class FailureLimit(BaseModel):
    """How many ranges may be refused or fail: a count, or a share of those a run began with."""

    model_config = ConfigDict(frozen=True)

    count: int | None = None
    percent: float | None = None

    def reached(self, failures: int, of_ranges: int) -> bool:
        """Whether that many failures are more than allowed."""
        if self.count is not None:
            return failures > self.count
        return failures > of_ranges * (self.percent or 0.0) / 100


def read_failure_limit(value: object) -> object:
    """Read `20` or `5%`."""
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", value)
    if match and match[2] and float(match[1]) <= 100:
        return FailureLimit(percent=float(match[1]))
    if match and not match[2] and "." not in match[1]:
        return FailureLimit(count=int(match[1]))
    raise ValueError("expected a number of ranges such as 20, or a share such as 5%")


def check_moment(text: str) -> str:
    """Refuse a deadline that cannot be read; it is turned into a moment when the run starts."""
    moment_of(text, datetime.now().astimezone())
    return text


def moment_of(text: str, now: datetime) -> datetime:
    """The moment that `HH:MM` (the next time it is so late here) or an ISO time means.

    `now` carries the local time zone. Raises ValueError for anything else.
    """
    if re.fullmatch(r"\d{1,2}:\d{2}", text.strip()):
        hour, minute = (int(part) for part in text.strip().split(":"))
        today = datetime.combine(now.date(), time(hour, minute), now.tzinfo)
        return today if today > now else today + timedelta(days=1)
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.astimezone()
    except (ValueError, OverflowError):
        raise ValueError("expected HH:MM or an ISO time such as 2026-01-31T06:00") from None
