"""Reads the file of scripted faults (TOML)."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from batchclip.errors import UsageError
from batchclip.simulator.faults import ScriptedFault

if TYPE_CHECKING:
    from pathlib import Path

_KEYS: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "file": (str,),
    "start": (int, float),
    "after": (int,),
    "times": (int,),
    "retry_after": (int, float),
    "path": (str,),
}


def load_script(path: Path) -> list[ScriptedFault]:
    """Return the `[[fault]]` entries of a TOML file, in its order.

    Raises UsageError with the file, the entry's number and what is wrong with it.
    """
    entries = _entries(path)
    return [_fault(path, number, entry) for number, entry in enumerate(entries, start=1)]


def _entries(path: Path) -> list[Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"Cannot read the fault script {path}: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The fault script {path} is not TOML: {error}.") from error
    entries = document.pop("fault", [])
    if document or not isinstance(entries, list):
        raise UsageError(f"The fault script {path} may hold nothing but [[fault]] entries.")
    return entries


def _fault(path: Path, number: int, entry: Any) -> ScriptedFault:
    try:
        _check(entry)
        return ScriptedFault(**entry)
    except UsageError as error:
        raise UsageError(f"{path}, fault {number}: {error}") from error


def _check(entry: Any) -> None:
    if not isinstance(entry, dict) or "kind" not in entry:
        raise UsageError('it needs a kind, such as kind = "reset_after".')
    for key, value in entry.items():
        if key not in _KEYS:
            raise UsageError(f"there is no {key!r}; use {', '.join(_KEYS)}.")
        if isinstance(value, bool) or not isinstance(value, _KEYS[key]):
            names = " or ".join(kind.__name__ for kind in _KEYS[key])
            raise UsageError(f"{key} must be {names}, not {value!r}.")
