"""A run is killed at every point of a token refresh, which leaves no second chance."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from batchclip.api.tokenfile import TokenFile, TokenPair
from batchclip.simulator import SimulatorSettings
from tests.support.crashes import MANIFEST, Night, Point, World, at_each, folder_of, spread, world
from tests.support.crashserver import TOKENS, Moment
from tests.support.program import ranges
from tests.support.proof import AT_LENGTH

CLIENT, SECRET, SEED = "an-application", "its-secret-of-old", "a-seed-refresh-token"
OLD = "an-old-access-token-0815"
REDIRECT = "http://127.0.0.1/back"
TOKEN_FILE = "tokens.json"  # noqa: S105 -- a file's name

NIGHT = Night(
    ranges(2),
    account=SimulatorSettings(client_id=CLIENT, client_secret=SECRET, refresh_token=SEED),
    settings={
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": CLIENT,
        "BATCHCLIP_CLIENT_SECRET": SECRET,
        "BATCHCLIP_REFRESH_TOKEN": SEED,
        "BATCHCLIP_TOKEN_FILE": TOKEN_FILE,
    },
)
DIGEST = hashlib.sha256(SEED.encode()).hexdigest()
PAIRS = {
    "there is none yet": None,
    "the pair has expired": TokenPair(
        access_token=OLD, refresh_token=SEED, issued_at=1.0, expires_at=2.0, seed=DIGEST
    ),
    "the pair is refused": TokenPair(access_token=OLD, refresh_token=SEED, seed=DIGEST),
}
"""What stands in the token file when the run begins that is killed."""


def begin(one: World, why: str) -> bytes:
    """Put the pair into its file; return what stands there."""
    pair = PAIRS[why]
    if pair is not None:
        TokenFile(one.program.folder / TOKEN_FILE).replace(pair)
    return in_file(one)


def in_file(one: World) -> bytes:
    """What stands in the token file; nothing when there is none."""
    path = one.program.folder / TOKEN_FILE
    return path.read_bytes() if path.exists() else b""


async def settle(one: World, before: bytes) -> None:
    """Go on after the crash, with a person's help only where the new pair was lost."""
    at_crash = in_file(one)
    used = {str(record.token) for record in one.simulator.books.requests} - {OLD}
    assert all(token.encode() in at_crash for token in used), "used before it was on disk"
    ended = await one.run("run", MANIFEST, "--settle-seconds", "0")
    if ended.returncode == 4:
        assert "set BATCHCLIP_REFRESH_TOKEN to the new refresh token" in ended.stderr
        assert one.simulator.books.token_refreshes == 1
        assert in_file(one) == before
        one.program.settings["BATCHCLIP_REFRESH_TOKEN"] = await log_in(one.simulator.url)
    await one.settle()


async def log_in(url: str) -> str:
    """What a person does in a browser; returns the new refresh token."""
    asked = {"response_type": "code", "client_id": CLIENT, "redirect_uri": REDIRECT, "state": "s"}
    client = {"Authorization": aiohttp.encode_basic_auth(CLIENT, SECRET)}
    async with aiohttp.ClientSession(headers=client) as browser:
        async with browser.get(f"{url}/login", params=asked, allow_redirects=False) as answer:
            [code] = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
        form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code}
        async with browser.post(url + TOKENS, data=form) as answer:
            return str((await answer.json())["refresh_token"])


@pytest.mark.parametrize("why", PAIRS)
async def test_killed_in_the_middle_of_a_refresh(tmp_path: Path, why: str) -> None:
    async def check(point: Point) -> None:
        async with world(folder_of(point, tmp_path), NIGHT) as one:
            before = begin(one, why)
            await one.killed_at(point, *NIGHT.run)
            await settle(one, before)

    async with world(tmp_path / "dry", NIGHT) as dry:
        begin(dry, why)
        points = await dry.points(*NIGHT.run)
    await at_each(chosen(points, every_byte=AT_LENGTH and why == "the pair is refused"), check)


def chosen(points: dict[str, list[Point]], *, every_byte: bool) -> list[Point]:
    """What is done to files, the refresh's bytes, the answers, and what comes after them."""
    request = [point for point in points["byte"] if f"POST {TOKENS}" in point.label]
    return [
        *spread(of_the_token_file(points["disk"]), 3),
        *(request if every_byte else request[-1:]),
        *spread([*points["answer"], *points["statement"][-60:]], 1),
    ]


def of_the_token_file(disk: Sequence[Point]) -> Sequence[Point]:
    """From the first that is done to it, or to its lock, on."""
    start = next(n for n, point in enumerate(disk) if TOKEN_FILE in point.label)
    return disk[start:]


MOMENTS = {
    "before it was applied": Moment(TOKENS),
    "after it was applied": Moment(TOKENS, applied=True),
    "with half of the answer": Moment(TOKENS, applied=True, answer_bytes=400),
    "with the answer whole": Moment(TOKENS, applied=True, answer_bytes=10_000),
}


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_while_the_server_has_the_refresh(tmp_path: Path, moment: str) -> None:
    async with world(tmp_path / "one", NIGHT) as one:
        before = begin(one, "the pair has expired")
        await one.killed_over(MOMENTS[moment])
        await settle(one, before)


async def test_a_refresh_whose_answer_was_lost_needs_a_person(tmp_path: Path) -> None:
    async with world(tmp_path / "one", NIGHT) as one:
        before = begin(one, "the pair has expired")
        await one.killed_over(Moment(TOKENS, applied=True))
        assert [(await one.run("run", MANIFEST)).returncode for _ in range(2)] == [4, 4]
        await settle(one, before)
