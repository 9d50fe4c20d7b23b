"""An answer, or its absence, read as the outcome of one attempt. Pure: no clock, no network."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from batchclip.envelope import Complaint, plain, read_complaint, read_json, squash
from batchclip.holdoff import hold_off_seconds
from batchclip.value import value


class Kind(StrEnum):
    """How an attempt ended: the rows of the table "how the attempt ended" in ARCHITECTURE.md."""

    CREATED = "created"
    ALREADY_DONE = "already_done"
    NEVER_LEFT = "never_left"
    SLOW_DOWN = "slow_down"
    USAGE_LIMIT = "usage_limit"
    UNAUTHORIZED = "unauthorized"
    SCOPE_MISSING = "scope_missing"
    FEATURE_INACTIVE = "feature_inactive"
    REFUSED = "refused"
    UNKNOWN = "unknown"


TRANSIENT = frozenset({Kind.NEVER_LEFT, Kind.SLOW_DOWN, Kind.UNKNOWN})
"""Endings that say something of the API's health and nothing of the range."""


WITHHELD = "Withheld"
"""The error's name of a request that was held back at the last moment: it never left."""


@value
class Answer:
    """What came back: header names in lower case, the body as far as it was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer. `left` is False only when the request surely never left this machine.

    `exhausted`: this machine has no room for so many connections.
    """

    left: bool
    error_name: str
    error: str
    timed_out: bool = False
    exhausted: bool = False


@value
class Outcome:
    """What one attempt came to. `hold_off` is in seconds, for the whole pool."""

    kind: Kind
    http_status: int | None = None
    error_name: str | None = None
    error: str | None = None
    project_id: str | None = None
    hold_off: float | None = None
    congested: bool = False


def read_silence(silence: Silence) -> Outcome:
    """Read the absence of an answer: never left, or nobody knows."""
    kind = Kind.UNKNOWN if silence.left else Kind.NEVER_LEFT
    return Outcome(
        kind,
        error_name=silence.error_name,
        error=plain(silence.error),
        congested=silence.timed_out or silence.exhausted,
    )


def read_answer(answer: Answer, now: float) -> Outcome:
    """Read an answer to a create request. `now` is the wall clock, for dates in headers."""
    hold_off = hold_off_seconds(answer.headers, now)
    if 200 <= answer.status < 300:
        return read_success(answer, hold_off)
    return read_refusal(answer, hold_off)


def read_refusal(answer: Answer, hold_off: float | None) -> Outcome:
    """Read an answer that is no success, to whatever request."""
    complaint = read_complaint(answer.body)
    kind = kind_of_error(answer.status, complaint)
    return Outcome(
        kind,
        http_status=answer.status,
        error_name=complaint.name or None,
        error=complaint.message or None,
        hold_off=hold_off,
        congested=kind is Kind.SLOW_DOWN,
    )


def read_success(answer: Answer, hold_off: float | None) -> Outcome:
    """A 2xx says `created` only when its body can be read; else nobody knows what happened."""
    project_id = project_id_of(answer)
    if project_id:
        return Outcome(
            Kind.CREATED, http_status=answer.status, project_id=project_id, hold_off=hold_off
        )
    return Outcome(
        Kind.UNKNOWN,
        http_status=answer.status,
        error_name="UnreadableAnswer",
        error=plain(answer.body.decode("utf-8", "replace")) or "the body is empty",
        hold_off=hold_off,
    )


def project_id_of(answer: Answer) -> str | None:
    """The project's id in a 201's body, None when the body is no whole project."""
    parsed = read_json(answer.body) if answer.complete else None
    if not isinstance(parsed, dict):
        return None
    value = parsed.get("projectId")
    if value is None:
        fields = {squash(str(key)): other for key, other in parsed.items()}
        value = fields.get("projectid")
    return plain(value) or None if isinstance(value, str) else None


def kind_of_error(status: int, complaint: Complaint) -> Kind:
    """Go by the error's name first, by its message second and by the status last.

    The page prints no status but 400 and 409 for its errors, so the same refusal may come with
    several of them, and a stop that is read as one range's refusal would lose the whole night.
    """
    name = squash(complaint.name)
    if speaks_of_usage(name):
        return Kind.USAGE_LIMIT
    if status < 400 or (status >= 500 and status != 503):
        return Kind.UNKNOWN
    if status == 409 and stop_spoken(status, complaint) is Kind.USAGE_LIMIT:
        return Kind.USAGE_LIMIT
    if status in OWN_MEANING:
        return OWN_MEANING[status]
    return stop_named(name) or stop_spoken(status, complaint) or BY_STATUS.get(status, Kind.REFUSED)


OWN_MEANING = {404: Kind.REFUSED, 409: Kind.ALREADY_DONE}
"""Statuses that nothing but a usage limit can bend; a 409 is never tried again, so its message too
is read for one."""

BY_STATUS = {
    401: Kind.UNAUTHORIZED,
    402: Kind.FEATURE_INACTIVE,
    # A gateway says it of its own accord over a connection that was quiet, too: met by the next
    # request, it tells nothing of that one.
    408: Kind.UNKNOWN,
    429: Kind.SLOW_DOWN,
    503: Kind.SLOW_DOWN,
}

NATURAL_STOPS = frozenset({402, 403, 429, 503})
"""Statuses that the page's stops naturally have: there even a gateway's page is read for them."""

TOKEN_NAMES = frozenset({"invalidtoken", "unauthorized", "unauthorised", "tokenexpired"})


def stop_named(name: str) -> Kind | None:
    """The stop that an error's squashed name speaks of, None for any other name."""
    if "scope" in name:
        return Kind.SCOPE_MISSING
    if speaks_of_feature(name):
        return Kind.FEATURE_INACTIVE
    return Kind.UNAUTHORIZED if name in TOKEN_NAMES else None


def stop_spoken(status: int, complaint: Complaint) -> Kind | None:
    """The stop that a message speaks of; any status' when it is Restream's and has no name."""
    if status not in NATURAL_STOPS and (complaint.name or not complaint.structured):
        return None
    message = squash(complaint.message)
    if speaks_of_usage(message):
        return Kind.USAGE_LIMIT
    if speaks_of_feature(message):
        return Kind.FEATURE_INACTIVE
    return Kind.SCOPE_MISSING if "scope" in message else None


def speaks_of_feature(text: str) -> bool:
    """Whether a squashed text says that a feature isn't there for this account."""
    return "feature" in text and any(
        word in text for word in ("active", "enabled", "disabled", "available")
    )


PACE_WORDS = (
    "ratelimit", "toomany", "requestlimit", "requestslimit", "retrylimit", "persecond",
    "perminute", "asecond", "aminute", "concurren",
)  # fmt: skip
"""Squashed words that speak of requests which come too fast, not of an allowance."""


def speaks_of_usage(text: str) -> bool:
    """Whether a squashed text speaks of a spent allowance."""
    if any(pace in text for pace in PACE_WORDS):
        return False
    if "quota" in text:
        return True
    spent = any(word in text for word in ("limit", "exceeded", "exhausted", "usedup"))
    return spent and any(word in text for word in ("usage", "month", "credit", "plan", "reached"))
