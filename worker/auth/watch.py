"""The files that a credential's secrets stand in: whether they changed, and what they say now."""

import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from worker.ports import Clock
from worker.settings import AuthSettings
from worker.settings.secret import Secret

_Mark = tuple[int, int, int, int]

A = TypeVar("A", bound=AuthSettings)

_LOOK_S: Final = 1.0  # how often a file is looked at: a few microseconds each time


class Watch:
    """Looks after the files of one credential. An environment does not change while a process runs."""

    def __init__(self, auth: AuthSettings, clock: Clock) -> None:
        secrets = (getattr(auth, one.name) for one in fields(auth))
        pieces = (piece for secret in secrets if isinstance(secret, Secret) for piece in secret.pieces)
        self._files = tuple(piece for piece in pieces if isinstance(piece, Path))
        self._clock = clock
        self._looked_at = -math.inf
        self._marks: tuple[
            _Mark | None, ...
        ] = ()  # the first look finds whatever was written since the config was read

    def __bool__(self) -> bool:
        """Whether there is anything that can change."""
        return bool(self._files)

    def changed(self, *, at_once: bool = False) -> bool:
        """Whether a file was written since this was last asked; looked for once a second, unless ``at_once``."""
        if not self._files or not (at_once or self._clock.monotonic() >= self._looked_at + _LOOK_S):
            return False
        self._looked_at = self._clock.monotonic()
        before, self._marks = self._marks, tuple(map(_mark, self._files))
        return self._marks != before


def reread(auth: A) -> A:
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
