"""One create over a real socket by the real client, and what an honest answer to it holds."""

import asyncio
import json
from uuid import UUID

from batchclip.api.client import RestreamClient
from batchclip.api.exchange import Exchange
from batchclip.api.secrets import Secrets
from batchclip.clock import SystemClock
from batchclip.job import Range
from batchclip.outcome import Outcome
from batchclip.serverclock import ServerClock

PROJECT = {
    "projectId": "p-1",
    "sourceTypeName": "VideoStorageFile",
    "sourceIdentifier": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "title": "t",
    "createdAt": "2026-01-31T06:00:00.000Z",
}
GOOD = json.dumps(PROJECT).encode()
TOKEN = "an-access-token-of-nobody-4711"  # noqa: S105 -- made up
ASKED = Range(UUID(int=7), 0, 20_000)
PLENTY = 30.0


def client_of(exchange: Exchange) -> RestreamClient:
    """The client as a run puts it together."""
    secrets = Secrets()
    secrets.add(TOKEN)
    clock = SystemClock()
    return RestreamClient(exchange, clock, secrets, ServerClock(clock))


async def created(url: str, timeout_seconds: float = PLENTY) -> Outcome:
    """Ask once. A create that does not end at all fails the test."""
    async with asyncio.timeout(2 * PLENTY), Exchange(url, timeout_seconds) as exchange:
        return await client_of(exchange).create_project(ASKED, TOKEN)
