"""huey with SQLite: huey_fill.py fills the queue, `huey_consumer` works it off.

A consumer waits for work for ever, so this one is told to go when the queue is empty.
"""

import itertools
import os
import signal
import threading
from typing import Any

import requests
from huey import SqliteHuey
from huey.signals import SIGNAL_COMPLETE, SIGNAL_ERROR

from bench.address import create_url
from bench.peers.body import HEADERS, TIMEOUT_SECONDS, create_body

huey = SqliteHuey(filename=os.environ["QUEUE"])
of_thread = threading.local()
ended = itertools.count(1)


def session() -> requests.Session:
    """The thread's own session, which keeps its connection."""
    if not hasattr(of_thread, "session"):
        of_thread.session = requests.Session()
        of_thread.session.headers.update(HEADERS)
    return of_thread.session


@huey.task()
def create(file_id: str) -> None:
    """Send one create request."""
    response = session().post(
        create_url(0), json=create_body(file_id), timeout=TIMEOUT_SECONDS, allow_redirects=False
    )
    response.raise_for_status()


@huey.signal(SIGNAL_COMPLETE, SIGNAL_ERROR)
def go_when_done(*_: Any) -> None:
    """Stop the consumer, gracefully, after the last one."""
    if next(ended) == int(os.environ["RANGES"]):
        os.kill(os.getpid(), signal.SIGINT)
