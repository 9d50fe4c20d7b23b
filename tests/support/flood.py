"""A server in a thread that answers every request with bytes that need not end."""

import re
import socketserver
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


class Flood(socketserver.ThreadingTCPServer):
    """Reads each request whole, then sends until the pieces or the client's patience end."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.pieces = pieces
        self.asked = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Answering(socketserver.StreamRequestHandler):
    """One connection, which is closed after its answer."""

    server: Flood

    def handle(self) -> None:
        head = b"".join(iter(self.rfile.readline, b"\r\n"))
        if not head:
            return
        length = re.search(rb"(?i)content-length: (\d+)", head)
        self.rfile.read(int(length[1]) if length else 0)
        self.server.asked += 1
        with suppress(OSError):
            for piece in self.server.pieces:
                self.wfile.write(piece)

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()


@contextmanager
def flooding(pieces: Iterable[bytes]) -> Iterator[Flood]:
    """The server, until the end of the test. `pieces` is gone through for every request."""
    with Flood(pieces) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
