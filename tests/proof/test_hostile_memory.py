"""A run against a server that answers every create with a flood stays small, and knows doubt."""

from itertools import repeat
from pathlib import Path

import pytest

from batchclip.api.exchange import MAX_BODY_BYTES
from tests.support.flood import flooding
from tests.support.hostile import bomb, chunked
from tests.support.peak import weighed
from tests.support.program import Program, ranges
from tests.support.proof import size
from tests.support.rawserver import http

AT_MOST_MEBIBYTES = 100
AT_ONCE = 16
BLOCK = b"x" * 65_536
MANY = size(500, 5_000)
"""Blocks of a flood: far more bytes than a run may take, so that one kept whole would show."""

OBJECTS = b"[" + b'{"":0},' * (MAX_BODY_BYTES // 7 - 1) + b"0]"
LAST = "Connection: close"
"""Said, so that no request meets the end of a connection: that would be another doubt."""
FLOODS: dict[str, list[bytes]] = {
    "a body": [b"HTTP/1.1 201 x\r\n\r\n", *repeat(BLOCK, MANY)],
    "a bomb": [http(bomb(512), "201 x", "Content-Encoding: gzip", LAST)],
    "small objects": [http(OBJECTS, "201 x", LAST)],
    "a chunk extension": [chunked(b"5;a="), *repeat(BLOCK, MANY)],
    "answers": [*repeat(http(b"", "201 x") * 2_000, MANY // 20)],
    "early hints": [*repeat(b"HTTP/1.1 103 x\r\nLink: </x>\r\n\r\n" * 2_000, MANY // 20)],
    "trailers": [chunked(b"0\r\n"), *repeat(b"T: x\r\n" * 10_000, MANY // 20)],
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_fills_no_memory_and_leaves_every_range_in_doubt(name: str, tmp_path: Path) -> None:
    with flooding(FLOODS[name]) as server:
        program = Program(tmp_path, server.url)
        manifest = program.manifest(ranges(AT_ONCE))
        run = weighed(program, "run", manifest, "--timeout", str(size(2, 5)))

    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    assert program.states() == {"in_doubt": AT_ONCE}
    assert server.asked == AT_ONCE
    assert run.peak_mebibytes < AT_MOST_MEBIBYTES
