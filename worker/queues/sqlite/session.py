"""SQLite as its own thread sees it: statements in, one JSON text out.

Every step of a statement gives up Python's global lock and has to win it back from a busy event loop, which can take
5 ms each time. So a batch is one statement: it reads its rows from one JSON text (``json_each``) and answers with one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from worker.errors import StoreError
from worker.queues.sqlite.file import prepare
from worker.queues.sqlite.schema import SCHEMA_VERSION, bring_up
from worker.queues.sqlite.statements import statement
from worker.queues.sqlite.translation import translate

#: json_each, ``->>`` and UPDATE ... FROM are all there from this one on.
_OLDEST: Final = (3, 38, 0)

#: Pages kept in memory; fixed, so that memory does not grow with the file. Hot index pages of a million jobs fit.
_CACHE_KIB: Final = 8_000

#: WAL pages (of 4 KiB) between checkpoints. Ids that are digests touch the id index all over: 16 MB of WAL let
#: checkpoints write each page once for several batches (measured: +20% enqueue over SQLite's 1,000, little beyond).
_CHECKPOINT_PAGES: Final = 4_000


class Session:
    """One connection, used by one thread only."""

    def __init__(self, path: Path, busy_s: float) -> None:
        """Open the file and bring it up to the present schema; wait ``busy_s`` for other processes.

        Raises:
            StoreError: the file cannot be opened, is not ours or is of a newer schema; it is left as it was.
        """
        if sqlite3.sqlite_version_info < _OLDEST:
            needed = ".".join(map(str, _OLDEST[:2]))
            raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old: Python must be built with {needed} or newer")
        prepare(path)
        self._path = str(path)
        self._durable: bool | None = None
        with self._translated():
            self._sqlite = sqlite3.connect(path, timeout=busy_s, isolation_level=None, cached_statements=256)
        try:
            with self._translated():
                self._set_up()
        except StoreError:
            self._sqlite.close()
            raise

    def _set_up(self) -> None:
        run = self._sqlite.execute
        run(f"PRAGMA cache_size = -{_CACHE_KIB}")
        run(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        run("PRAGMA secure_delete = FAST")  # what is discarded is overwritten where that costs no extra write
        (version,) = run("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(f"{self._path} was written by a newer Preflight (schema {version}): upgrade")
        if version < SCHEMA_VERSION:
            # Before WAL is switched on, so that the main file itself says whose it is from its first byte on.
            run("PRAGMA auto_vacuum = NONE")
            bring_up(self._sqlite)
        (mode,) = run("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StoreError(f"{self._path} is on a disk without shared memory: put it on a local disk")

    @contextmanager
    def transaction(self, *, durable: bool) -> Iterator[None]:
        """Hold the write lock; commit at the end, or leave nothing behind.

        Args:
            durable: return only after the disk has it. Otherwise a power cut, but no crash, may take the file back to
                an earlier consistent state.

        Raises:
            StoreError: SQLite failed; everything was rolled back and the session stays usable.
        """
        with self._translated():
            if durable is not self._durable:
                self._sqlite.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            self._sqlite.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sqlite.execute("COMMIT")
            finally:
                self._roll_back()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let several reads see one state of the file."""
        with self._translated():
            self._sqlite.execute("BEGIN")
            try:
                yield
            finally:
                self._roll_back()

    def value(self, name: str, /, **values: Any) -> Any:
        """The first column of a statement's only row; None without a row."""
        row = self._sqlite.execute(statement(name), values).fetchone()
        return row and row[0]

    def rows(self, name: str, /, **values: Any) -> list[Any]:
        """What a statement answers with as one JSON text: a list, empty where it answers NULL."""
        return self.answer(statement(name), values)

    def answer(self, sql: str, values: dict[str, Any]) -> list[Any]:
        """The same for a statement that was put together."""
        (text,) = self._sqlite.execute(sql, values).fetchone()
        return [] if text is None else orjson.loads(text)

    def change(self, name: str, /, **values: Any) -> int:
        """How many rows a statement has changed."""
        return self._sqlite.execute(statement(name), values).rowcount

    def close(self) -> None:
        """Give the file back; SQLite folds the WAL into it if nobody else has it open."""
        with self._translated():
            self._sqlite.close()

    def _roll_back(self) -> None:
        if self._sqlite.in_transaction:
            self._sqlite.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise translate(error, self._path) from error
