"""A run is killed at every byte of a request and of its answer, and while the server is at work."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.crashes import (
    MIXED,
    Night,
    Point,
    at_each,
    folder_of,
    spread,
    world,
)
from tests.support.crashserver import Moment, Relay
from tests.support.program import file_id, ranges
from tests.support.proof import AT_LENGTH

FIRSTS = {
    "a range": (file_id(1), 0, 20),
    "a whole video": (file_id(1), "", ""),
    "a whole video by force": (file_id(1), "", "", "", "true"),
}
NIGHTS = {first: Night([row, *ranges(3)[2:]]) for first, row in FIRSTS.items()}
"""What is sent first when the run is killed; another file comes after it."""


@pytest.mark.parametrize("first", FIRSTS)
async def test_killed_when_so_many_bytes_are_sent(tmp_path: Path, first: str) -> None:
    async with world(tmp_path / "dry", NIGHTS[first]) as dry:
        points = requests_in((await dry.points(*dry.night.run))["byte"])[0]
    edges = [*points[:2], *points[-2:]]
    chosen = [*spread(points[2:-2], 2), *edges] if AT_LENGTH or first == "a range" else edges[-1:]
    await at_each(chosen, lambda point: killed_and_settled(point, tmp_path, first))


async def killed_and_settled(point: Point, folder: Path, first: str) -> None:
    """Have a run killed there, and the next one go on."""
    async with world(folder_of(point, folder), NIGHTS[first]) as one:
        await one.killed_at(point, *one.night.run)
        await one.settle()


def requests_in(points: Sequence[Point]) -> list[Sequence[Point]]:
    """The points of each request: one for each number of bytes sent, from none to all."""
    starts = [place for place, point in enumerate(points) if point.label.startswith("0 of ")]
    return [points[a:b] for a, b in zip(starts, [*starts[1:], len(points)], strict=True)]


async def test_killed_among_four_requests_at_a_time(tmp_path: Path) -> None:
    night = Night(MIXED, ("--max-concurrency", "4"))

    async def check(point: Point) -> None:
        async with world(folder_of(point, tmp_path), night) as one:
            await one.killed_at(point, *night.run)
            await one.settle()

    async with world(tmp_path / "dry", night) as dry:
        requests = requests_in((await dry.points(*night.run))["byte"])
    assert len(requests) == len(MIXED)
    edges = [point for request in requests for point in (request[0], request[-2], request[-1])]
    await at_each(spread(edges, 4), check)


MOMENTS = {
    "it had arrived": Moment(),
    "it was applied when its sender was dead": Moment(late=True),
    "it was applied": Moment(applied=True),
}


CRASHES = [(moment, "a range") for moment in MOMENTS]
CRASHES += [("it was applied", first) for first in list(FIRSTS)[1:]]
AT_ALL = [(moment, first) for moment in MOMENTS for first in FIRSTS]


@pytest.mark.parametrize(("moment", "first"), AT_ALL if AT_LENGTH else CRASHES)
async def test_killed_while_the_server_has_the_request(
    tmp_path: Path, moment: str, first: str
) -> None:
    async with world(tmp_path / "one", NIGHTS[first]) as one:
        await one.killed_over(MOMENTS[moment])
        await one.settle()


async def test_killed_when_so_many_bytes_of_the_answer_have_come(tmp_path: Path) -> None:
    night = NIGHTS["a range"]

    async def check(point: Point) -> None:
        async with world(folder_of(point, tmp_path), night) as one:
            await one.killed_over(Moment(applied=True, answer_bytes=point.number))
            await one.settle()

    async with world(tmp_path / "dry", night) as dry, Relay(dry.program.url) as relay:
        dry.program.url = relay.url
        assert (await dry.run(*night.run)).returncode == 0
        total = len(relay.answers[0])
    sent = [Point("sent", k, f"bytes of {total} of the answer") for k in range(1, total + 1)]
    await at_each([*spread(sent[:-1], 2), sent[-1]], check)
