"""Manifests of any size, always the same ones, written without holding them in memory."""

import hashlib
import random
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

SEED = 4711


def file_id(number: int) -> str:
    """The id of the file with this number: the same each time, and in no order."""
    digits = hashlib.blake2b(number.to_bytes(8), digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def rows(count: int, files: int, first_part: int = 0) -> Iterator[str]:
    """So many ranges of so many files, in random order.

    A file's ranges are a minute apart and don't overlap; `first_part` is the place of its first.
    """
    order = array("Q", range(count))
    random.Random(SEED).shuffle(order)  # noqa: S311 -- to be the same each time
    for place in order:
        part, file = divmod(place, files)
        start = 60 * (first_part + part)
        yield f"{file_id(file)},{start},{start + 45}\n"


def write_manifest(path: Path, lines: Iterable[str]) -> Path:
    """Write a manifest with these rows."""
    with path.open("w", encoding="utf-8") as out:
        out.write("file_id,start,end\n")
        out.writelines(lines)
    return path


def write_ids(path: Path, count: int) -> Path:
    """Write the ids of the first files, one a line: all that a script without a table needs."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(f"{file_id(number)}\n" for number in range(count))
    return path
