"""How long the store takes for a claim, in milliseconds, as JSON. Run by itself: `claim.py TABLE`.

In the process, by the store's own statements in one transaction each. Nothing waits for the disk:
the time that a commit takes there is the disk's, whatever the table's size.
"""

import asyncio
import json
import os
import socket
import sqlite3
import sys
import time
from pathlib import Path

from batchclip.store.base import Claim, Claims, EndRun, PutBack, StartRun
from batchclip.store.connection import open_for_writing
from batchclip.store.groups import GroupWriter

TRIES = 100
WANTED = 128


def claims(database: sqlite3.Connection) -> list[float]:
    """Claim what is pending again and again; it is put back each time, off the clock."""
    database.execute("PRAGMA synchronous = OFF")
    now = int(1000 * time.time())
    writer = GroupWriter(database)
    [run_id] = writer.write(database, [StartRun(now, os.getpid(), socket.gethostname())])
    assert isinstance(run_id, int)  # noqa: S101 -- what StartRun answers
    took = [timed_claim(writer, database, run_id, now) for _ in range(TRIES)]
    writer.write(database, [EndRun(run_id, now, 0, "the claims were timed")])
    return took


def timed_claim(writer: GroupWriter, database: sqlite3.Connection, run_id: int, now: int) -> float:
    """Milliseconds for one claim that found something."""
    began = time.perf_counter()
    [answer] = writer.write(database, [Claim(run_id, now, WANTED)])
    took = time.perf_counter() - began
    if not isinstance(answer, Claims) or not answer.claimed:
        raise SystemExit("the claim found nothing")
    writer.write(database, [PutBack(claimed.generation, now) for claimed in answer.claimed])
    return 1000 * took


async def main() -> None:
    """Open the table as a run does, time the claims, and print them."""
    database = await open_for_writing(Path(sys.argv[1]), int(1000 * time.time()))
    try:
        print(json.dumps(await database.call(claims)))
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
