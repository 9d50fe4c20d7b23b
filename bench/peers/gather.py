"""The script that everybody writes first: gather, a semaphore, aiohttp. `gather.py IDS`."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import aiohttp

from bench.address import create_url
from bench.peers.body import HEADERS, TIMEOUT_SECONDS, create_body

AT_ONCE = 128


async def create(session: aiohttp.ClientSession, semaphore: asyncio.Semaphore, file_id: str) -> Any:
    """Send one create request when there is room."""
    async with (
        semaphore,
        session.post(create_url(0), json=create_body(file_id), allow_redirects=False) as response,
    ):
        response.raise_for_status()
        return await response.json()


async def main() -> None:
    """Send all."""
    ids = Path(sys.argv[1]).read_text(encoding="utf-8").split()
    semaphore = asyncio.Semaphore(AT_ONCE)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers=HEADERS
    ) as session:
        projects = await asyncio.gather(*(create(session, semaphore, one) for one in ids))
    print(sum("projectId" in project for project in projects))


if __name__ == "__main__":
    asyncio.run(main())
