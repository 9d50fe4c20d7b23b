"""Secrets in what a program shows of itself: its settings, its debugging, its last words."""

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from batchclip.api.auth import RotatingAuth
from batchclip.api.credentials import Credentials
from batchclip.api.exchange import Exchange, Request
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile
from batchclip.clock import SystemClock
from batchclip.settings import SECRETS, read_settings
from tests.support.asking import client_of
from tests.support.commands import places_of
from tests.support.program import Program, ranges
from tests.support.rawserver import RawServer, answering, http
from tests.support.runs import part
from tests.support.standin import Create, Reply, StandIn, refused

ID, SECRET, SEED = "application-id-4711", "client-secret-4712", "seed-refresh-4713"
ACCESS, REFRESH = "hush-access-4714", "hush-refresh-4715"
ALL = (SECRET, SEED, ACCESS, REFRESH)
TOKENS = {"access_token": ACCESS, "refresh_token": REFRESH, "expires_in": 3600}

UNFORESEEN = """
import os
from batchclip.api.exchange import Exchange
from batchclip.cli import main
sent = Exchange.send
async def unforeseen(exchange, request):
    if os.environ["UNFORESEEN"] == request.path:
        raise RuntimeError(f"unforeseen: {request!r} {request}")
    return await sent(exchange, request)
Exchange.send = unforeseen
main()
"""


def rotating(folder: Path) -> Program:
    settings = {
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": ID,
        "BATCHCLIP_CLIENT_SECRET": SECRET,
        "BATCHCLIP_REFRESH_TOKEN": SEED,
        "BATCHCLIP_TOKEN_FILE": str(folder / "conf" / "tokens.json"),
    }
    return Program(folder, settings=settings)


def echo(create: Create) -> Reply:
    return refused(400, create.authorization, f"{create.authorization} {REFRESH} {SECRET}")


def test_no_dump_of_the_settings_holds_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(f"BATCHCLIP_{name.upper()}", ACCESS)
    given = read_settings({})
    dumps = [repr(given), str(given), given.model_dump_json(), str(given.model_dump())]
    dumps += [json.dumps(given.model_dump(mode="json")), f"{given} {vars(given)}"]

    assert [dump for dump in dumps if ACCESS in dump] == []
    assert all(dump.count("***") >= len(SECRETS) for dump in dumps)


def test_no_dump_of_a_request_holds_a_secret() -> None:
    request = Request("POST", "/x", form={"refresh_token": SEED}, authorization=f"Bearer {ACCESS}")

    assert places_of(ALL, {"request": f"{request!r} {request} {[request]}".encode()}) == []


async def test_asyncio_debugging_shows_no_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0
    file = TokenFile(tmp_path / "conf" / "tokens.json")
    echoed = http(json.dumps({"error": {"name": ACCESS, "message": REFRESH}}).encode(), "400 x")
    with caplog.at_level(logging.DEBUG):
        async with (
            RawServer(answering(http(json.dumps(TOKENS).encode()), echoed)) as server,
            Exchange(server.url, 5) as exchange,
        ):
            credentials = Credentials(ID, SECRET, SEED)
            auth = RotatingAuth(exchange, file, credentials, SystemClock(), Secrets())
            await client_of(exchange).create_project(part(1), await auth.token())
    loop.set_debug(False)
    told = "\n".join(record.getMessage() for record in caplog.records)

    assert "Executing" in told
    assert places_of(ALL, {"log": told.encode()}) == []


def test_a_run_under_every_debugging_switch_shows_no_secret(tmp_path: Path) -> None:
    program = rotating(tmp_path)
    program.settings |= {"PYTHONASYNCIODEBUG": "1", "PYTHONDEVMODE": "1", "PYTHONVERBOSE": ""}
    manifest = program.manifest(ranges(5))
    with StandIn(echo, lambda *_: Reply(200, TOKENS)) as standin:
        program.url = standin.url
        done = program.run("run", manifest)
    report = program.run("report").stdout

    assert done.returncode == 1, done.stderr
    told = {"run": (done.stdout + done.stderr).encode(), "report": report.encode()}
    assert places_of(ALL, told) == []
    assert "***" in report


@pytest.mark.parametrize("path", ["/oauth/token", "/v2/user/clips/projects"])
def test_the_last_words_after_an_unforeseen_error_hold_no_secret(tmp_path: Path, path: str) -> None:
    program = rotating(tmp_path)
    manifest = program.manifest(ranges(2))
    with StandIn(echo, lambda *_: Reply(200, TOKENS)) as standin:
        program.url = standin.url
        done = subprocess.run(
            [sys.executable, "-c", UNFORESEEN, "run", manifest],
            env=program.environment | {"UNFORESEEN": path},
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert b"unforeseen" in done.stderr
    assert places_of(ALL, {"stderr": done.stderr, "stdout": done.stdout}) == []
