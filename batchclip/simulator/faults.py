"""What can go wrong with a request, by script or by a seeded draw."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchclip.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CREATE_PATH = "/v2/user/clips/projects"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address, not a password

TOKEN_KINDS = frozenset(
    {
        "unavailable",
        "error_before",
        "error_after",
        "reset_before",
        "reset_after",
        "hang_before",
        "hang_after",
    }
)
"""The faults that a token call can have."""

FAULT_KINDS = TOKEN_KINDS | {
    "slow_down",
    "gateway_before",
    "gateway_after",
    "garbage_after",
    "truncated_after",
    "expired_token",
    "usage_limit",
    "unknown_file",
    "invalid_body",
    "scope",
    "feature",
    "already",
}
"""The faults that a create call can have; `_after` means after the effect."""


@dataclass(frozen=True)
class ScriptedFault:
    """A fault for the requests that match it.

    `file` and `start` (seconds) narrow it to some creates. The first `after` matching requests
    pass, the next `times` are hit (0: all of them). `retry_after` is in seconds. `path` is the
    create call's, or the token call's.

    Raises UsageError when the fields do not go together.
    """

    kind: str
    file: str | None = None
    start: float | None = None
    after: int = 0
    times: int = 1
    retry_after: float | None = None
    path: str = CREATE_PATH

    def __post_init__(self) -> None:
        for wrong, sentence in self._checks():
            if wrong:
                raise UsageError(sentence)

    def _checks(self) -> list[tuple[bool, str]]:
        of_token = self.path == TOKEN_PATH
        kinds = TOKEN_KINDS if of_token else FAULT_KINDS
        known = ", ".join(sorted(kinds))
        return [
            (self.path not in {CREATE_PATH, TOKEN_PATH}, f"no fault can be put on {self.path!r}."),
            (self.kind not in kinds, f"{self.kind!r} is no fault of {self.path}; use {known}."),
            (of_token and (self.file, self.start) != (None, None), "a token call has no file."),
            (self.after < 0, f"`after` must be 0 or more, not {self.after}."),
            (self.times < 0, f"`times` must be 0 (always) or more, not {self.times}."),
            ((self.retry_after or 0) < 0, f"`retry_after` is negative: {self.retry_after}."),
        ]

    def matches(self, file: str | None, start: float | None) -> bool:
        """Tell whether a create for this file (lower case) and start offset is meant."""
        return (self.file is None or self.file.lower() == file) and (
            self.start is None or self.start == start
        )


class _Countdown:
    """One scripted fault and how often it has been matched."""

    def __init__(self, fault: ScriptedFault) -> None:
        self.fault = fault
        self._matched = 0
        self._last = fault.after + fault.times if fault.times else None

    def hits(self, file: str | None, start: float | None) -> bool:
        if self._last is not None and self._matched >= self._last:
            return False
        if not self.fault.matches(file, start):
            return False
        self._matched += 1
        return self._matched > self.fault.after


class Faults:
    """Says which fault, if any, the next request has: the script's first match, else a draw."""

    def __init__(
        self, script: Sequence[ScriptedFault], rates: Mapping[str, float], seed: int
    ) -> None:
        """Take the script, the draw's probabilities by kind, and the draw's seed.

        Raises UsageError for an unknown kind or impossible probabilities.
        """
        _check_rates(rates)
        self._creates = [_Countdown(fault) for fault in script if fault.path == CREATE_PATH]
        self._tokens = [_Countdown(fault) for fault in script if fault.path == TOKEN_PATH]
        self._drawn = [(ScriptedFault(kind), rate) for kind, rate in sorted(rates.items())]
        self._random = random.Random(seed)  # noqa: S311 - reproducible, and no secret

    def of_create(self, file: str | None, start: float | None) -> ScriptedFault | None:
        """Return the fault of a create request; one draw a request, whatever the script says."""
        drawn = self._draw()
        return _first_hit(self._creates, file, start) or drawn

    def of_token(self) -> ScriptedFault | None:
        """Return the fault of a token request; there is no draw for these."""
        return _first_hit(self._tokens, None, None)

    def _draw(self) -> ScriptedFault | None:
        if not self._drawn:
            return None
        point = self._random.random()
        for fault, rate in self._drawn:
            point -= rate
            if point < 0:
                return fault
        return None


def _first_hit(
    countdowns: list[_Countdown], file: str | None, start: float | None
) -> ScriptedFault | None:
    return next((entry.fault for entry in countdowns if entry.hits(file, start)), None)


def _check_rates(rates: Mapping[str, float]) -> None:
    unknown = sorted(set(rates) - FAULT_KINDS)
    if unknown:
        raise UsageError(f"No such fault: {', '.join(unknown)}.")
    if any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1:
        raise UsageError("Fault rates are probabilities: none below 0, and together at most 1.")
