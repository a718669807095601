"""Keeps on disk, by digest, what is slow to make of contracts, so that a warm start makes nothing.

An entry is Python source, or JSON, that we made ourselves. The folder is the user's alone (0700); a folder that others
can write to is not used. The first line of an entry is the digest of the rest: a damaged entry is made again. Entries
are written under another name and moved into place, so several processes may start at once.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import structlog

log = structlog.get_logger(__name__)


def default_folder(environ: Mapping[str, str]) -> Path:
    """``PREFLIGHT_CACHE_DIR``, else ``preflight`` in the user's cache folder."""
    if chosen := environ.get("PREFLIGHT_CACHE_DIR"):
        return Path(chosen)
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "preflight"


class CodeCache:
    """Texts, and JSON values, by key.

    Args:
        folder: made on first use; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: str, make: Callable[[], str]) -> str:
        """The text for ``key``: from the folder, or else made now and kept there when that is possible."""
        path = self._entry(key, "py")
        if path is not None and (kept := _read(path)) is not None:
            return str(kept, "utf-8")
        source = make()
        if path is not None:
            _write(path, source.encode())
        return source

    def value(self, key: str, make: Callable[[], Any]) -> Any:
        """The JSON value for ``key``: from the folder, or else made now and kept there when that is possible."""
        path = self._entry(key, "json")
        if path is not None and (kept := _read(path)) is not None:
            return orjson.loads(kept)
        value = make()
        if path is not None:
            _write(path, orjson.dumps(value))
        return value

    def _entry(self, key: str, ending: str) -> Path | None:
        if self._usable is None:
            return None
        return self._usable / f"{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}.{ending}"

    @cached_property
    def _usable(self) -> Path | None:
        """The folder, made and looked at once."""
        if self._folder is None:
            return None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not is_ours_alone(self._folder):
                log.warning("cache_not_used", folder=str(self._folder), remedy="make it yours alone: chmod 700")
                return None
        except OSError as error:
            log.debug("cache_not_used", folder=str(self._folder), error=error.strerror)
            return None
        return self._folder


def is_ours_alone(folder: Path) -> bool:
    """Whether nobody else can put code into a folder."""
    if os.name != "posix":
        return True  # the user's profile folder is private by its access list
    found = folder.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(path: Path) -> memoryview | None:
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    end = kept.find(b"\n") + 1
    entry = memoryview(kept)[end:]  # a slice of a large contract would be another copy of it
    return entry if kept[:end] == _digest_line(entry) else None


def _write(path: Path, entry: bytes) -> None:
    made = path.with_suffix(f".{os.getpid()}")
    try:
        made.write_bytes(_digest_line(entry) + entry)
        made.replace(path)
    except OSError as error:
        log.debug("cache_not_written", path=str(path), error=error.strerror)


def _digest_line(entry: bytes | memoryview) -> bytes:
    return f"# {hashlib.blake2b(entry, digest_size=32).hexdigest()}\n".encode()
