"""The files that a credential's secrets stand in: whether they changed, and what they say now."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog

from worker.errors import ConfigError
from worker.ports import Clock
from worker.settings import AuthSettings
from worker.settings.secret import Secret

log = structlog.get_logger(__name__)

_Mark = tuple[int, int, int, int]

A = TypeVar("A", bound=AuthSettings)


class Watch(Generic[A]):
    """Looks after the files of one credential. An environment does not change while a process runs.

    Attributes:
        since: epoch seconds: when the newest of the files was written; now where there are none, since an environment
            is as new as its process.
    """

    def __init__(self, auth: A, clock: Clock) -> None:
        secrets = (getattr(auth, one.name) for one in fields(auth))
        pieces = (piece for secret in secrets if isinstance(secret, Secret) for piece in secret.pieces)
        self._auth = auth
        self._files = tuple(piece for piece in pieces if isinstance(piece, Path))
        self._marks: tuple[_Mark | None, ...] = ()  # the first look finds what was written since the config was read
        self._found: A | None = None
        written = [mark[0] / 1e9 for mark in map(_mark, self._files) if mark is not None]
        self.since = max(written, default=clock.now())

    def __bool__(self) -> bool:
        """Whether there is anything that can change."""
        return bool(self._files)

    def look(self) -> None:
        """Read the files that were written since this was last done. Blocks: for a thread."""
        before, self._marks = self._marks, tuple(map(_mark, self._files))
        if self._marks == before:
            return
        try:
            self._found = _reread(self._auth)
        except ConfigError as problem:
            unreadable(problem)

    def found(self, known: A) -> A | None:
        """The settings as ``look`` has found them, once; None where they are the known ones."""
        found, self._found = self._found, None
        return None if found == known else found


def unreadable(problem: ConfigError) -> None:
    """Tell people that the last good credential stays, as there is none where it comes from."""
    log.warning("credential_unreadable", problem=str(problem))


def _reread(auth: A) -> A:
    """The settings with their secrets as their files are now.

    Raises:
        ConfigError: a file cannot be read.
    """
    found = {one.name: getattr(auth, one.name) for one in fields(auth)}
    now: dict[str, Any] = {name: value.reread() for name, value in found.items() if isinstance(value, Secret)}
    return replace(auth, **now)


def _mark(file: Path) -> _Mark | None:
    """What a file cannot be written or replaced without changing; None where it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
