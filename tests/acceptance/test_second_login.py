"""The seed was taken out of the environment after the first day; a year later the pair is dead."""

import re
from pathlib import Path

from tests.support.pairs import Pairs
from tests.support.program import ranges
from tests.support.standin import StandIn
from tests.support.troubled import TroubledProgram


def test_a_new_login_counts_although_the_environment_was_empty_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "tokens" / "tokens.json"
    program = TroubledProgram(
        tmp_path,
        settings={
            "BATCHCLIP_ACCESS_TOKEN": "",
            "BATCHCLIP_CLIENT_ID": "client",
            "BATCHCLIP_CLIENT_SECRET": "client-secret-0815",
            "BATCHCLIP_REFRESH_TOKEN": "refresh-token-0",
            "BATCHCLIP_TOKEN_FILE": str(file),
        },
    )
    pairs = Pairs()
    program.run("load", program.manifest(ranges(3)))

    def expire() -> None:
        file.write_bytes(re.sub(rb'"expires_at":[0-9.]+', b'"expires_at":1', file.read_bytes()))

    with StandIn(tokens=pairs.refresh) as standin:
        program.url = standin.url
        assert program.run("run").returncode == 0
        del program.settings["BATCHCLIP_REFRESH_TOKEN"]
        expire()
        program.manifest(ranges(6))
        assert program.run("run", "m.csv").returncode == 0
        assert pairs.given == 2
        expire()
        pairs.given += 1  # a person has logged in anew: what is on disk is dead
        program.manifest(ranges(9))
        assert program.run("run", "m.csv").returncode == 4
        program.settings["BATCHCLIP_REFRESH_TOKEN"] = pairs.living
        done = program.run("run")
    assert done.returncode == 0, done.stderr
