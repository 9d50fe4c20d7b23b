"""The raw loop: as many creates as there are ids, and no record kept. `raw.py DELAY WORKERS IDS`.

As a good engineer would write it who may lose what was on the wire: the body is a model, the answer
is validated, a request that hangs is given up.
"""

import asyncio
import sys
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import aiohttp
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from bench.address import TOKEN, create_url

TIMEOUT_SECONDS = 30


class Camel(BaseModel):
    """A body in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class SelectedTimeRange(Camel):
    """A part of a video, in seconds."""

    start_offset_seconds: float
    end_offset_seconds: float


class CreateProject(Camel):
    """What is asked for."""

    source_type: Literal["VideoStorageFile"] = "VideoStorageFile"
    video_storage_file_id: UUID
    title: str | None = None
    single_clip_mode: bool | None = None
    selected_time_range: SelectedTimeRange
    force_reprocess: bool | None = None


class Project(Camel):
    """What is answered, as far as it matters."""

    project_id: str


async def create(session: aiohttp.ClientSession, url: str, file_id: str) -> Project:
    """Send one create request."""
    part = SelectedTimeRange(start_offset_seconds=60, end_offset_seconds=105)
    body = CreateProject(video_storage_file_id=UUID(file_id), selected_time_range=part)
    document = body.model_dump(mode="json", by_alias=True, exclude_none=True)
    async with session.post(url, json=document, allow_redirects=False) as response:
        if response.status != 201:
            raise RuntimeError(f"the server answered {response.status}")
        return Project.model_validate_json(await response.read())


async def work(session: aiohttp.ClientSession, url: str, ids: Iterator[str]) -> None:
    """Send one request after the other until all ids are taken."""
    for file_id in ids:
        await create(session, url, file_id)


async def send_all(url: str, workers: int, ids: list[str]) -> None:
    """Send all, so many at once."""
    left = iter(ids)
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=workers),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
            headers={"Authorization": f"Bearer {TOKEN}"},
        ) as session,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(workers):
            group.create_task(work(session, url, left))


def main() -> None:
    """Send all and print the rate."""
    delay_ms, workers, path = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    ids = path.read_text(encoding="utf-8").split()
    began = time.monotonic()
    run(send_all(create_url(delay_ms), workers, ids))
    print(f"{len(ids) / (time.monotonic() - began):.0f} a second")


def run(sending: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed, as batchclip does."""
    try:
        import uvloop  # noqa: PLC0415 -- it may be missing
    except ImportError:
        asyncio.run(sending)
    else:
        uvloop.run(sending)


if __name__ == "__main__":
    main()
