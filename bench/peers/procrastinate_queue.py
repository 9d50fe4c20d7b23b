"""procrastinate on PostgreSQL: `defer IDS` fills the queue, `work` works it off."""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
from procrastinate import App, PsycopgConnector

from bench.address import create_url
from bench.peers.body import HEADERS, TIMEOUT_SECONDS, create_body

AT_ONCE = 32
"""More make it slower."""

app = App(connector=PsycopgConnector(conninfo=os.environ["DATABASE"]))


@app.task(name="create")
async def create(file_id: str) -> None:
    """Send one create request."""
    session = sessions[0]
    async with session.post(
        create_url(0), json=create_body(file_id), allow_redirects=False
    ) as response:
        response.raise_for_status()
        await response.read()


sessions: list[aiohttp.ClientSession] = []
"""The worker's one session."""


async def defer(ids: list[str]) -> None:
    """Fill the queue; the first time the schema is made."""
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        await create.batch_defer_async(*({"file_id": one} for one in ids))


async def work() -> None:
    """Work off the queue and go."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, headers=HEADERS) as session, app.open_async():
        sessions.append(session)
        await app.run_worker_async(concurrency=AT_ONCE, wait=False)


if __name__ == "__main__":
    if sys.argv[1] == "defer":
        asyncio.run(defer(Path(sys.argv[2]).read_text(encoding="utf-8").split()))
    else:
        asyncio.run(work())
