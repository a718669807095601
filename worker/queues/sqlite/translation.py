"""SQLite's errors in our words: one table, used at the one place where SQLite is called."""

import sqlite3
from typing import Final

from worker.errors import StoreBusyError, StoreError, StoreFullError

_FULL: Final = (
    StoreFullError,
    "no room left for {path}: free space on its disk, then run again; a worker that runs goes on by itself",
)

#: The beginning of SQLite's name for an error -> our error and message. The first that fits counts.
_TABLE: Final[tuple[tuple[str, tuple[type[StoreError], str]], ...]] = (
    ("SQLITE_BUSY", (StoreBusyError, "another program keeps {path} locked: stop it or try again")),
    ("SQLITE_LOCKED", (StoreBusyError, "another program keeps {path} locked: stop it or try again")),
    ("SQLITE_FULL", _FULL),
    ("SQLITE_IOERR_WRITE", _FULL),
    ("SQLITE_IOERR_SHMSIZE", _FULL),
    ("SQLITE_IOERR_SHMMAP", _FULL),
    ("SQLITE_NOTADB", (StoreError, "{path} is not a database: name another file in queue.url, or move this one away")),
    ("SQLITE_CORRUPT", (StoreError, "{path} is damaged: restore a copy, or rescue it with `sqlite3 {path} .recover`")),
    ("SQLITE_CANTOPEN", (StoreError, "{path} cannot be opened: its folder must exist and be yours to write to")),
    ("SQLITE_READONLY", (StoreError, "{path} is read-only: give this user leave to write to it and to its folder")),
    ("SQLITE_PERM", (StoreError, "{path} is read-only: give this user leave to write to it and to its folder")),
    ("SQLITE_TOOBIG", (StoreError, "a value is too big for {path}: SQLite takes 1 GB at most; make the job smaller")),
    ("SQLITE_IOERR", (StoreError, "{path} cannot be read or written: check its disk ({detail})")),
)


def translate(error: sqlite3.Error, path: str) -> StoreError:
    """Our error for one of SQLite's, naming the file at ``path`` and the remedy."""
    name = getattr(error, "sqlite_errorname", "")
    for prefix, (kind, message) in _TABLE:
        if name.startswith(prefix):
            return kind(message.format(path=path, detail=error))
    return StoreError(f"{path}: {error}: was it changed by another program? Restore a copy")
