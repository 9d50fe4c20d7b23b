"""A server that notes when the first request comes."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from bench.address import ARRIVAL_PORT, HOST
from bench.nginx import ANSWER


class Arrivals:
    """While it is entered, creates are answered, counted, and the first one's moment is kept."""

    def __init__(self, port: int = ARRIVAL_PORT) -> None:
        self._moments: list[float] = []
        self._server = ThreadingHTTPServer((HOST, port), answering(self._moments))
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def forget(self) -> None:
        """Begin anew."""
        self._moments.clear()

    @property
    def count(self) -> int:
        """Creates that have come."""
        return len(self._moments)

    @property
    def first(self) -> float:
        """When the first one came, in seconds of the monotonic clock."""
        return self._moments[0]


def answering(moments: list[float]) -> type[BaseHTTPRequestHandler]:
    """A handler that notes each create's moment before it answers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            moments.append(time.monotonic())
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing: the figures are all that is wanted."""

    return Handler
