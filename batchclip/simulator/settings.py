"""How a simulator behaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchclip.simulator.faults import ScriptedFault


@dataclass(frozen=True)
class SimulatorSettings:
    """What the simulated Restream account, its files and its faults are like.

    `port` 0 takes any free port. `latency_seconds` is the time an answer takes; the effect comes
    before it. `fault_rates` holds the probability of a fault by its kind, drawn with `seed` once
    a create request; `script` goes before the draw. `usage_limit` is how many creates take effect
    before "usage limit reached".

    `access_tokens` None takes any bearer token. With `client_id` set, tokens are issued and
    rotated: `access_tokens` (none when left out) and `refresh_token` are the first ones, and
    after a grant only the newest pair is good. `scopes` is space-separated.

    `known_files` maps file ids to seconds; None makes every UUID a ready file of
    `file_duration_seconds`. `generating_seconds` is how long clips take after a create.
    """

    host: str = "127.0.0.1"
    port: int = 0
    latency_seconds: float = 0.0
    seed: int = 0
    fault_rates: Mapping[str, float] = field(default_factory=dict)
    script: Sequence[ScriptedFault] = ()
    usage_limit: int | None = None
    access_tokens: frozenset[str] | None = None
    client_id: str | None = None
    client_secret: str | None = None
    refresh_token: str | None = None
    token_lifetime_seconds: float = 3600
    scopes: str = "clips.write clips.read storage.read"
    feature_active: bool = True
    file_duration_seconds: float = 86_400
    known_files: Mapping[str, float] | None = None
    generating_seconds: float = 0
