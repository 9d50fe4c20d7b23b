"""httpx's AsyncClient, gather and a semaphore. `httpx_loop.py IDS`."""

import asyncio
import sys
from pathlib import Path

import httpx

from bench.address import create_url
from bench.peers.body import HEADERS, TIMEOUT_SECONDS, create_body

AT_ONCE = 16
"""More make it no faster, because its pool looks through all connections for each request."""


async def create(client: httpx.AsyncClient, semaphore: asyncio.Semaphore, file_id: str) -> str:
    """Send one create request when there is room."""
    async with semaphore:
        response = await client.post(create_url(0), json=create_body(file_id))
    response.raise_for_status()
    return str(response.json()["projectId"])


async def main() -> None:
    """Send all."""
    ids = Path(sys.argv[1]).read_text(encoding="utf-8").split()
    semaphore = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(headers=HEADERS, timeout=TIMEOUT_SECONDS) as client:
        projects = await asyncio.gather(*(create(client, semaphore, one) for one in ids))
    print(len(projects))


if __name__ == "__main__":
    asyncio.run(main())
