"""What no honest server sends: documents almost like a good one, bodies, headers, answers.

`spoiled(document)` is for any document: a project, a list of projects, a pair of tokens.
"""

import copy
import json
import zlib
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]

ODD_TEXTS = (
    "", " ", "0", "null", "true", "\0", "\n", "\x1b[31m", "\x1b]52;c;eA==\x07", "\x9b2J", "\u202e",
    "\u200b", "\ufeff", "[bold red]", "=1+1", "../..", "?x=1#y", "é" * 50, "x" * 5_000,
    "00000000-0000-0000-0000-000000000000", "9999-12-31T23:59:59+23:59", "0001-01-01",
)  # fmt: skip
ODD_NUMBERS = (0, -1, 1 << 63, -(1 << 64), 10**400, 1e308, -1e308, 5e-324, -0.0)

SPELLINGS = (
    b"1e999999", b"-1e999999", b"1" * 10_000, b"NaN", b"-Infinity", b'"\\ud800"', b'"\\u0000"',
    b"0x10", b"+1", b"01", b"1.", b"'x'", b"undefined", b"{", b'"', b"", b"\xff", b"[" * 100_000,
    b'{"a":' * 50_000, b"[" * 500 + b"]" * 500, b'{"a": 1, "a": 2}', b"/* */ 1", b"\xef\xbb\xbf1",
)  # fmt: skip
"""Values that `json.dumps` never writes, good JSON and bad."""
PLACE = "a-place-for-a-spelling"

texts = st.text(max_size=30) | st.sampled_from(ODD_TEXTS)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(ODD_NUMBERS)
values: st.SearchStrategy[Any] = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


def paths_of(document: Any, here: Path = ()) -> list[Path]:
    """The way to every value of a document, the document itself among them."""
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(document, dict | list):
        inside = document.items() if isinstance(document, dict) else enumerate(document)
    return [here, *(path for key, value in inside for path in paths_of(value, (*here, key)))]


def value_at(document: Any, path: Path) -> Any:
    """The value at the end of this way."""
    for key in path:
        document = document[key]
    return document


def replaced(document: Any, path: Path, value: Any) -> Any:
    """The document with another value there."""
    if not path:
        return value
    value_at(document, path[:-1])[path[-1]] = value
    return document


def removed(document: Any, path: Path) -> Any:
    """The document without what is there; an empty one when it was all of it."""
    if not path:
        return {}
    del value_at(document, path[:-1])[path[-1]]
    return document


@st.composite
def spoiled(draw: st.DrawFn, document: Any) -> Any:
    """A document almost like this one: values replaced, dropped, added, or of another type."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths_of(document)))
        value = value_at(document, path)
        way = draw(st.sampled_from(["replace", "remove", "wrap", "retype", "add"]))
        if way == "remove":
            document = removed(document, path)
        else:
            document = replaced(document, path, draw(worse(value, way)))
    return document


def worse(value: Any, way: str) -> st.SearchStrategy[Any]:
    """What to put in a value's place."""
    if way == "wrap":
        return st.sampled_from([[value], {"value": value}, [value, copy.deepcopy(value)]])
    if way == "retype":
        return st.sampled_from([json.dumps(value), str(value), [], {}, None, False, 0, PLACE])
    if way == "add" and isinstance(value, dict):
        return st.builds(lambda key, more: {**value, key: more}, texts, values)
    if way == "add" and isinstance(value, list):
        return st.builds(lambda more: [*value, more], values)
    return values | st.just(PLACE)


@st.composite
def bodies(draw: st.DrawFn, document: Any) -> bytes:
    """A body that should have held this document: spoiled, in odd spellings, cut or garbled."""
    plain = json.dumps(
        draw(st.just(document) | spoiled(document)), ensure_ascii=draw(st.booleans())
    )
    written = plain.encode("utf-8", "surrogatepass")
    written = written.replace(json.dumps(PLACE).encode(), draw(st.sampled_from(SPELLINGS)))
    way = draw(st.sampled_from(["as it is", "cut", "garble", "twice", "mark", "utf-16", "bytes"]))
    if way == "cut":
        return written[: draw(st.integers(0, len(written)))]
    if way == "garble":
        at = draw(st.integers(0, len(written)))
        return written[:at] + draw(st.binary(max_size=5)) + written[at + 1 :]
    ways = {
        "as it is": written,
        "twice": written * 2,
        "mark": b"\xef\xbb\xbf" + written,
        "utf-16": plain.encode("utf-16", "surrogatepass"),
        "bytes": draw(st.binary(max_size=200)),
    }
    return ways[way]


header_texts = st.text(max_size=40) | st.sampled_from(
    ["", "0", "-1", "1e308", "1e999", "nan", "inf", "1" * 5_000, "1_000", "\xff\udcff", "\0",
     "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Foo 0000 99:99:99 ?", "Mon, 31 Dec 9999 23:59:60",
     "Sat, 01 Jan 0001 00:00:00 +9999", '"d";r=0;t=1e999', '"d";r=0;t=...', ";r=0" * 500,
     "99999999999999", "100000000001"]
)  # fmt: skip
headers = st.dictionaries(
    st.sampled_from(
        ["retry-after", "date", "ratelimit", "ratelimit-remaining", "ratelimit-reset",
         "x-ratelimit-remaining", "x-ratelimit-reset", "x-rate-limit-reset", "content-encoding"]
    ),
    header_texts,
    max_size=5,
)  # fmt: skip
statuses = st.integers(0, 999) | st.sampled_from([200, 201, 204, 400, 401, 403, 404, 409, 429, 503])


def chunked(content: bytes, status: str = "201 Created") -> bytes:
    """An answer that begins to send chunks: whatever comes after its head."""
    return f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + content


def bomb(mebibytes: int, content: bytes = b"\0") -> bytes:
    """A small gzip that unpacks to so much, which nobody ever holds unpacked."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    block = content * ((1 << 20) // len(content))
    return b"".join(packer.compress(block) for _ in range(mebibytes)) + packer.flush()
