"""What is worth knowing of a queue's file, for ``preflight doctor``. Nothing is changed."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from worker.errors import StoreError
from worker.finding import Finding, of_message
from worker.ports import Clock
from worker.queues.disk import local, room
from worker.queues.lost import LOST_S, lost_leases
from worker.queues.sqlite.file import version_of
from worker.queues.sqlite.schema import SCHEMA_VERSION
from worker.queues.sqlite.statements import statement
from worker.queues.sqlite.translation import translate

_MIB: Final = 2**20
_OTHERS: Final = 0o077
_LARGE_WAL_BYTES: Final = 128 * _MIB  # eight checkpoints
_LOOKS_S: Final = 3.0  # that a look for damage takes at most
_STEPS: Final = 10_000  # of SQLite's machine between looks at the clock
_BUSY_S: Final = 2.0  # our own transactions take milliseconds
_MOUNTS: Final = Path("/proc/mounts")  # Linux


def unopened(path: Path) -> list[Finding]:
    """Why a file is not to be opened for looking at it: that would make it, or change it; nothing where it may be."""
    if not path.exists():
        if not path.parent.is_dir():
            return [Finding("problem", "queue", f"{path.parent} is no folder", "create it, or correct queue.url")]
        return [Finding("ok", "queue", f"{path} is not there yet: the first submit makes it")]
    try:
        version = version_of(path)
    except StoreError as error:
        return [of_message("problem", "queue", str(error))]
    if version in (None, SCHEMA_VERSION):
        return []
    detail = f"{path} has schema {version}, and is brought up to {SCHEMA_VERSION} when it is opened next"
    return [Finding("warning", "queue", detail, "end the workers of the older Preflight first")]


def examine(path: Path, clock: Clock) -> list[Finding]:
    """Look at a file that a store has open. Blocks for some seconds at most.

    Raises:
        StoreError: it cannot be read.
    """
    wal = path.with_name(f"{path.name}-wal")
    wal_bytes = wal.stat().st_size if wal.exists() else 0
    used_bytes = path.stat().st_size + wal_bytes
    findings = [_size(path, used_bytes, wal_bytes), _permissions(path), _lock(path)]
    findings += [_damage(path, clock), _lost(path, clock.now())]
    findings.append(room("queue space", path.parent, shutil.disk_usage(path.parent).free, used_bytes))
    return findings + ([local(path.resolve(), _MOUNTS.read_text("utf-8"))] if _MOUNTS.exists() else [])


def _size(path: Path, used_bytes: int, wal_bytes: int) -> Finding:
    detail = f"{path} is {used_bytes / _MIB:,.1f} MiB, {wal_bytes / _MIB:,.1f} MiB of it in its write-ahead log"
    if wal_bytes > _LARGE_WAL_BYTES:
        remedy = "somebody has been reading it for long, which keeps the log from being folded in: end that program"
        return Finding("warning", "queue file", detail, remedy)
    return Finding("ok", "queue file", detail)


def _permissions(path: Path) -> Finding:
    mode = path.stat().st_mode
    if mode & _OTHERS:
        detail = f"{path} holds requests and answers, and others may read it ({mode & 0o777:o})"
        return Finding("warning", "queue access", detail, f"chmod 600 {path}")
    return Finding("ok", "queue access", "only its owner may read it")


def _lock(path: Path) -> Finding:
    with _connected(path, "rw") as sqlite:
        try:
            sqlite.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            return of_message("problem", "queue lock", str(translate(error, str(path))))
        sqlite.execute("ROLLBACK")
    return Finding("ok", "queue lock", "nobody keeps it locked")


def _damage(path: Path, clock: Clock) -> Finding:
    ends_at = clock.monotonic() + _LOOKS_S
    with _connected(path, "ro") as sqlite:
        sqlite.set_progress_handler(lambda: clock.monotonic() > ends_at, _STEPS)
        try:
            (found,) = sqlite.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_INTERRUPT":
                raise
            return Finding("ok", "queue damage", f"none was found in {_LOOKS_S:.0f} s, which is not all of it")
    if found == "ok":
        return Finding("ok", "queue damage", "none")
    detail = f"{path} is damaged: {found}"
    return Finding("problem", "queue damage", detail, f"restore a copy, or rescue it with `sqlite3 {path} .recover`")


def _lost(path: Path, now: float) -> Finding:
    with _connected(path, "ro") as sqlite:
        lost, since = sqlite.execute(statement("count_lost"), {"before": now - LOST_S}).fetchone()
    return lost_leases(lost, since, now)


@contextmanager
def _connected(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    try:
        uri = f"file:{quote(str(path))}?mode={mode}"
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise translate(error, str(path)) from error
