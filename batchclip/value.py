"""Values that nothing changes once they are made."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

Kind = TypeVar("Kind")


@dataclass_transform(frozen_default=True)
def value(kind: type[Kind]) -> type[Kind]:
    """Make a class one of values: a dataclass with slots, equal by its fields, fit for sets.

    The type checker refuses whoever changes one. `dataclass(frozen=True)` refuses it at run time,
    too, and makes each of its fields five times as dear; a range takes fifty of them.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
