"""A server that remembers what it was sent, and a shell that runs what was printed."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from worker.clock import SystemClock
from worker.outcome import Request
from worker.service import run_async
from worker.transport.aiohttp import AiohttpTransport, Options

#: What a client says of itself and of its connection, not of the request.
_OF_CLIENT = frozenset({"accept-encoding", "connection", "expect"})

Bash = Callable[..., "subprocess.CompletedProcess[bytes]"]


class Seen(NamedTuple):
    """A request as it arrived: the path with its query, headers by name in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Recorder:
    """Remembers every request.

    Attributes:
        url: where it listens.
        seen: in order.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: list[Seen] = []

    def sent_by_us(self, request: Request) -> Seen:
        """What arrives when the worker's own transport sends a request."""

        async def send() -> None:
            transport = AiohttpTransport(Options(1, 30, 30, 1000), SystemClock())
            await transport.send(request)
            await transport.close()

        run_async(send)
        return self.seen.pop()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A server on the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def record(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in _OF_CLIENT}
            if not body:
                headers.pop("content-type", None)  # aiohttp names one for a POST without a body
            made.seen.append(Seen(self.command, self.path, headers, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server calls it
            del format, args

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler.record)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Recorder(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bash(tmp_path: Path) -> Bash:
    """Runs a script as a person would who pastes it; keywords are variables of the environment."""
    if not (shell := shutil.which("bash")):
        pytest.skip("there is no bash on this machine")

    def call(script: str, **environ: str) -> "subprocess.CompletedProcess[bytes]":
        plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", **environ}
        return subprocess.run([shell], input=script.encode(), env=plain, capture_output=True, timeout=60, check=False)

    return call
