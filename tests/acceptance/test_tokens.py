"""Tokens from end to end: odd ones are told to nobody, short-lived ones are renewed by the way."""

import asyncio
import base64
import json
import sys
from pathlib import Path

import pytest

from batchclip.simulator import Simulator, SimulatorSettings
from tests.support.commands import arguments_of, every_byte_under, going, places_of
from tests.support.program import Program, ranges
from tests.support.standin import Create, Reply, StandIn, refused

ODD = {
    "base64": "AAAA+bbbb/cccc/dddd+eeee/ffff==",
    "quotes": 'q"uo\'te\\back\\slash"es-and-more',
    "percent": "per%2Fcent%20enc+oded&x=y;z#frag",
    "letters": "bücher-und-töken-größer-als-16",
    "markup": "<token>&amp;\"'</token>-markup-16",
    "dash": "-odd-token that looks like flags",
    "short": "tok-9!",
}
COMMANDS = ("load", "run", "status", "report", "retry", "rehearse", "simulator")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "work").mkdir()
    return Program(tmp_path / "work")


@pytest.mark.parametrize("name", ODD)
def test_an_odd_token_is_told_to_nobody_whatever_the_server_tells(
    program: Program, name: str
) -> None:
    token = ODD[name]
    program.settings = {"BATCHCLIP_ACCESS_TOKEN": token}

    def echo(create: Create) -> Reply:
        # Every range's answer has the token elsewhere, so that one is cut off in its midst.
        padding = "x" * (270 + int(create.asked.file[-4:], 16))
        said = f"{padding} {create.authorization} {create.authorization}"
        reply = refused(400, create.authorization, said)
        # Some servers write a slash so; it is the same to JSON.
        return Reply(400, json.dumps(reply.body).replace("/", "\\/").encode())

    with StandIn(echo) as standin:
        program.url = standin.url
        assert_untold(program, [token], 1, standin)
    assert {create.authorization for create in standin.creates} == {f"Bearer {token}"}


@pytest.mark.parametrize("name", ["base64", "quotes"])
def test_odd_credentials_are_told_to_nobody(program: Program, name: str) -> None:
    odd = ODD[name]
    secret, seed, access, refresh = (f"{kind}-{odd}" for kind in ("secret", "seed", "acc", "ref"))
    program.settings = {
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": "an-application",
        "BATCHCLIP_CLIENT_SECRET": secret,
        "BATCHCLIP_REFRESH_TOKEN": seed,
        "BATCHCLIP_TOKEN_FILE": str(program.folder.parent / "tokens.json"),
    }
    basic = "Basic " + base64.b64encode(f"an-application:{secret}".encode()).decode()

    def tokens(authorization: str, form: dict[str, str]) -> Reply:
        assert (authorization, form["refresh_token"]) == (basic, seed)
        return Reply(200, {"access_token": access, "refresh_token": refresh, "expires_in": 3600})

    def echo(create: Create) -> Reply:
        return refused(400, "Told", f"{create.authorization} {seed} {refresh} {secret}")

    with StandIn(echo, tokens) as standin:
        program.url = standin.url
        assert_untold(program, [secret, seed, access, refresh], 1, standin)


def assert_untold(program: Program, secrets: list[str], code: int, standin: StandIn) -> None:
    """Use every command, and look for the secrets in everything that is left of it."""
    program.manifest([*ranges(40), ("no-uuid", 0, 20)])
    told: dict[str, bytes] = {}

    def tell(*arguments: str) -> int:
        done = program.run(*arguments)
        told[" ".join(arguments)] = (done.stdout + done.stderr).encode()
        return done.returncode

    with going(program, "run", "m.csv", "--skip-invalid", "--rejects", "bad.csv") as running:
        standin.wait_for(1)
        told["ps"] = arguments_of(running)
        # While the run is going on, the newest pages stand in the write-ahead log alone.
        told |= {
            f"{name}, meanwhile": text for name, text in every_byte_under(program.folder).items()
        }
        output, messages = running.communicate(timeout=30)
        told |= every_byte_under(program.folder)
    told["run"] = (output + messages).encode()
    assert running.returncode == code, messages
    assert tell("report") == 0
    if len(secrets) > 1:
        assert tell("report", "--format", "json") == 0
        assert tell("status", "--json") == 0
        assert tell("run", "--timeout", "never") == 2
    assert places_of(secrets, told) == []
    assert b"***" in told["report"]


def test_no_help_shows_a_secret(program: Program) -> None:
    program.settings = {
        "BATCHCLIP_ACCESS_TOKEN": "hush-access-1",
        "BATCHCLIP_CLIENT_ID": "hush-id-2",
        "BATCHCLIP_CLIENT_SECRET": "hush-secret-3",
        "BATCHCLIP_REFRESH_TOKEN": "hush-refresh-4",
    }
    for command in COMMANDS:
        done = program.run(command, "--help")
        assert done.returncode == 0
        assert "hush-" not in done.stdout + done.stderr
        assert f"batchclip {command} " in done.stdout


async def test_a_run_that_outlives_its_tokens_renews_them(program: Program) -> None:
    program.settings = {
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": "client",
        "BATCHCLIP_CLIENT_SECRET": "client-secret-0815",
        "BATCHCLIP_REFRESH_TOKEN": "seed-refresh-token-0815",
        "BATCHCLIP_TOKEN_FILE": str(program.folder / "tokens.json"),
    }
    world = SimulatorSettings(
        client_id="client",
        client_secret="client-secret-0815",
        refresh_token="seed-refresh-token-0815",
        token_lifetime_seconds=1,
        latency_seconds=0.02,
    )
    manifest = program.manifest(ranges(150))
    async with Simulator(world) as simulator:
        program.url = simulator.url
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "batchclip",
            *("run", manifest, "--rate", "50/s"),
            env=program.environment,
            cwd=program.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, messages = await running.communicate()
        assert running.returncode == 0, messages.decode()
        assert len(simulator.books.effects()) == 150
        assert simulator.books.sent_twice() == []
        # Three seconds of work with tokens that live for one.
        assert 3 <= simulator.books.token_refreshes <= 8
        tokens_seen = {record.token for record in simulator.books.requests}
    assert len(tokens_seen) >= 3
