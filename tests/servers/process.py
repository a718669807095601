"""What every server of the tests has in common: a folder, a port, a password, and an end that can be a hard one."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final, Self

from tests.servers.leash import kill

HOST: Final = "127.0.0.1"
_PORTS: Final = range(15_000, 30_000)  # below those that systems give to clients, one of which could take it meanwhile
_PATIENCE_S: Final = 60.0  # for a start or a stop, on a machine that is busy with other tests
_LOOK_S: Final = 0.01


def free_port() -> int:
    """A port of the loopback address that nobody listens on, and that no client is given by chance."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as trial:
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return port


class Server(ABC):
    """A server that a test starts, stops, kills and starts again, always in the same folder and on the same port.

    Args:
        within: a folder in which to make its own; by default where temporary files are.

    Attributes:
        folder: all that it writes, removed by ``close`` or when the tests end in any other way.
        port: of the loopback address.
        password: that it asks for, invented for it.
    """

    user: str | None = None  # that it runs as, where not as ours

    def __init__(self, within: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="preflight-server-", dir=within))
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self._leash: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is, with its password."""

    @abstractmethod
    def _command(self) -> list[str]:
        """That starts it in the foreground."""

    @abstractmethod
    def _ready(self, pid: int) -> bool:
        """Whether the process with this id serves clients."""

    def start(self) -> Self:
        """Start it, and come back when it serves clients."""
        assert self._leash is None, "it runs"
        user = ["--user", self.user] if self.user else []
        command = [sys.executable, "-P", str(Path(__file__).with_name("leash.py")), *user, str(self.folder)]
        leash = subprocess.Popen(
            [*command, *self._command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a signal to all of a terminal or a job ends the tests, and their end the servers
        )
        assert leash.stdout is not None
        pid = leash.stdout.readline()
        assert pid, "the server's leash did not start: what it says is on standard error"
        self._leash, self._pid = leash, int(pid)
        for _ in range(int(_PATIENCE_S / _LOOK_S)):
            if self._ready(self._pid):
                return self
            assert leash.poll() is None, f"the server did not start:\n{self.log}"
            threading.Event().wait(_LOOK_S)
        self.close()
        raise AssertionError(f"the server was not ready within {_PATIENCE_S:g} s:\n{self.log}")

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGINT)  # to PostgreSQL "without waiting for your clients"
            self._gone()

    def kill(self) -> None:
        """``kill -9`` it and all of its children, as a power cut would: none of them gets to write anything more."""
        if self._pid is not None:
            kill(self._pid)
            self._gone()

    def close(self) -> None:
        """End it, and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder)

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._leash is not None and self._leash.poll() is not None

    @property
    def log(self) -> str:
        """What it has said since it was made."""
        return (self.folder / "server.log").read_text("utf-8")

    def _gone(self) -> None:
        assert self._leash is not None
        with self._leash:  # closes the pipes
            self._leash.wait(_PATIENCE_S)
        self._leash = self._pid = None
