"""The server that everything is measured against: nginx, one process, one static answer."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.address import COUNT_PORT, HOST, PORTS, base_url
from bench.process import CannotRunError

ECHO_MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
ANSWER = (
    '{"projectId":"31a1e161-67aa-4a9e-a95b-3cb37ab6ea89","sourceTypeName":"VideoStorageFile",'
    '"sourceIdentifier":"a1b2c3d4-e5f6-4890-abcd-ef1234567890",'
    '"title":"The part of the webinar that was asked for, as it is",'
    '"createdAt":"2026-01-28T15:50:30.420Z"}'
)
"""What Restream says to a create, in its own shape and of the usual length."""

CONFIGURATION = """
load_module {module};
worker_processes 1;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 3600;
  default_type application/json;
  server {{ listen {host}:{count_port}; location / {{ stub_status; }} }}
  {servers}
}}
"""
AT_ONCE = "server {{ listen {host}:{port} backlog=4096; location / {{ return 201 '{answer}'; }} }}"
# The body is read before the wait, as a server would that works on it.
LATER = """server {{ listen {host}:{port} backlog=4096;
  location / {{ echo_read_request_body; echo_sleep {seconds}; echo_exec @answer; }}
  location @answer {{ return 201 '{answer}'; }} }}"""
START_TRIES = 200


class Nginx:
    """A running server that knows how many requests it has answered."""

    @property
    def answered(self) -> int:
        """Requests answered so far on all ports, without those that have asked for this number."""
        self._asked += 1
        with urllib.request.urlopen(base_url(COUNT_PORT)) as page:
            numbers = re.findall(rb"\d+", page.read())
        return int(numbers[3]) - self._asked

    def __init__(self) -> None:
        self._asked = 0


def configuration(folder: Path) -> str:
    """The text of nginx's configuration: a server for each delay, and the counter."""
    servers = [
        (LATER if delay_ms else AT_ONCE).format(
            host=HOST, port=port, answer=ANSWER, seconds=delay_ms / 1000
        )
        for delay_ms, port in PORTS.items()
    ]
    return CONFIGURATION.format(
        module=ECHO_MODULE,
        folder=folder,
        host=HOST,
        count_port=COUNT_PORT,
        servers="\n  ".join(servers),
    )


@contextmanager
def nginx() -> Iterator[Nginx]:
    """A server on this machine's loopback, in a folder of its own. Raises CannotRunError."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None or not ECHO_MODULE.exists():
        raise CannotRunError("nginx or its echo module is missing; `make bench` installs them")
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as name:
        folder = Path(name)
        (folder / "nginx.conf").write_text(configuration(folder))
        process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"])
        try:
            wait_until_up(process, folder)
            yield Nginx()
        finally:
            process.terminate()
            process.wait()


def wait_until_up(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Return when every port takes connections. Raises CannotRunError when nginx has ended."""
    for port in (*PORTS.values(), COUNT_PORT):
        for _ in range(START_TRIES):
            if process.poll() is not None:
                said = (folder / "error.log").read_text().strip().splitlines()
                raise CannotRunError(f"nginx did not start: {said[-1] if said else 'no reason'}")
            if listens(port):
                break
            time.sleep(0.05)
        else:
            raise CannotRunError(f"nginx does not answer on port {port}")


def listens(port: int) -> bool:
    """Whether something takes connections there."""
    with socket.socket() as knock:
        return knock.connect_ex((HOST, port)) == 0
