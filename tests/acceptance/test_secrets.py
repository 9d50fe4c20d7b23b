"""No secret in any output, in the table, in a report or in a process list."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.program import Program, ranges

SECRETS = {
    "BATCHCLIP_CLIENT_ID": "id-of-the-application",
    "BATCHCLIP_CLIENT_SECRET": "hush-client-secret",
    "BATCHCLIP_REFRESH_TOKEN": "hush-seed-refresh",
}
ACCESS, REFRESH = "hush-access", "hush-refresh"


class Tattler(BaseHTTPRequestHandler):
    """Tells everything that it was told, in its errors."""

    def do_POST(self) -> None:
        told = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/oauth/token":
            self.answer(200, {"access_token": ACCESS, "refresh_token": REFRESH})
            return
        message = f"{self.headers['Authorization']} {REFRESH} {told}" * 3
        self.answer(400, {"error": {"name": self.headers["Authorization"], "message": message}})

    def answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def tattler() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tattler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_tells_a_secret(tmp_path: Path, tattler: str) -> None:
    tokens = tmp_path / "conf" / "tokens.json"
    none = {"BATCHCLIP_ACCESS_TOKEN": "", "BATCHCLIP_TOKEN_FILE": str(tokens)}
    program = Program(tmp_path, tattler, settings=SECRETS | none)
    program.manifest([*ranges(5), ("no-uuid", 0, 20)])
    done = [program.run("run", "m.csv", "--skip-invalid", "--rejects", "bad.csv")]
    assert done[0].returncode == 1, done[0].stderr
    done += [program.run("status"), program.run("status", "--json"), program.run("run", "--help")]
    done += [program.run("report"), program.run("report", "--format", "json")]
    done += [program.run("run", "--timeout", "x"), program.run("run", "--db", "x://")]
    told = "".join(one.stdout + one.stderr for one in done).encode()
    told += b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"'***'" in told or b"***" in told
    for secret in (ACCESS, REFRESH, "hush-", SECRETS["BATCHCLIP_CLIENT_SECRET"]):
        assert secret.encode() not in told
    assert tokens.stat().st_mode & 0o777 == 0o600
    assert tokens.parent.stat().st_mode & 0o777 == 0o700
