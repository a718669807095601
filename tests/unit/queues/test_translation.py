"""SQLite's errors reach people as ours, with the file and a remedy."""

import sqlite3

import pytest

from worker.errors import StoreBusyError, StoreError, StoreFullError
from worker.queues.sqlite.translation import translate


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("SQLITE_BUSY", StoreBusyError, "try again"),
        ("SQLITE_BUSY_SNAPSHOT", StoreBusyError, "try again"),
        ("SQLITE_LOCKED", StoreBusyError, "try again"),
        ("SQLITE_FULL", StoreFullError, "free space on its disk, then run again; a worker that runs goes on by itself"),
        ("SQLITE_IOERR_WRITE", StoreFullError, "free space"),
        ("SQLITE_NOTADB", StoreError, "is not a database"),
        ("SQLITE_CORRUPT_INDEX", StoreError, "restore a copy"),
        ("SQLITE_CANTOPEN", StoreError, "its folder must exist"),
        ("SQLITE_READONLY_DIRECTORY", StoreError, "give this user leave to write"),
        ("SQLITE_TOOBIG", StoreError, "make the job smaller"),
        ("SQLITE_IOERR_READ", StoreError, "check its disk"),
        ("SQLITE_ERROR", StoreError, "something else"),
    ],
)
def test_each_error_has_its_kind_and_remedy(name: str, kind: type[StoreError], words: str) -> None:
    """By SQLite's name for it; a longer name falls back on its beginning."""
    error = sqlite3.OperationalError("something else")
    error.sqlite_errorname = name

    ours = translate(error, "/data/queue.db")

    assert type(ours) is kind
    assert "/data/queue.db" in str(ours)
    assert words in str(ours)


def test_an_error_without_a_name_keeps_its_words() -> None:
    """Python's own errors of this kind have none."""
    assert (
        str(translate(sqlite3.ProgrammingError("closed"), "q.db"))
        == "q.db: closed: was it changed by another program? Restore a copy"
    )
