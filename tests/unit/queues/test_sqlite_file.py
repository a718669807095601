"""The SQLite store takes only files that are its own, and leaves all others as they were."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from worker.errors import StoreError
from worker.queues.sqlite import SqliteStore
from worker.queues.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION
from worker.testing import ManualClock


def write(path: Path, content: bytes) -> None:
    """Put a file there."""
    path.write_bytes(content)


def scribble(path: Path) -> None:
    """Overwrite all but the header."""
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


async def refusal(path: Path, clock: ManualClock) -> str:
    """What opening this file says; the file and its folder are untouched."""
    before = {file.name: file.read_bytes() for file in path.parent.iterdir() if file.is_file()}
    with pytest.raises(StoreError) as refused:
        await SqliteStore.open(path, clock)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir() if file.is_file()} == before
    assert str(path) in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("content", [b"hello", b"\0" * 5000, b"SQLite format 3\0", b'{"id": 1}\n' * 1000])
async def test_a_file_that_is_no_database_is_refused(path: Path, clock: ManualClock, content: bytes) -> None:
    """Somebody pointed queue.url at a data file."""
    write(path, content)

    assert "is not a database: name another file" in await refusal(path, clock)


@pytest.mark.parametrize("application_id", [0, 7])
async def test_another_programs_database_is_refused(path: Path, clock: ManualClock, application_id: int) -> None:
    """Also one that has no application id, as most have."""
    with closing(sqlite3.connect(path)) as other:
        other.executescript(f"PRAGMA application_id = {application_id}; CREATE TABLE theirs (x)")

    assert "is another program's database" in await refusal(path, clock)


async def test_a_newer_schema_is_refused(path: Path, clock: ManualClock) -> None:
    """A file that a newer Preflight has written is not downgraded."""
    with closing(sqlite3.connect(path)) as newer:
        newer.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION + 1}; CREATE TABLE x (y)"
        )

    assert f"newer Preflight (schema {SCHEMA_VERSION + 1}" in await refusal(path, clock)


async def test_a_damaged_database_is_named(path: Path, clock: ManualClock) -> None:
    """The header is ours, the rest is not."""
    await (await SqliteStore.open(path, clock)).close()
    scribble(path)

    with pytest.raises(StoreError, match=r"queue\.db is damaged: restore a copy"):
        await (await SqliteStore.open(path, clock)).queue.lanes()


async def test_a_folder_is_no_file(tmp_path: Path, clock: ManualClock) -> None:
    """``queue.url`` names a folder."""
    with pytest.raises(StoreError, match="cannot be read"):
        await SqliteStore.open(tmp_path, clock)


async def test_a_missing_folder_is_named(tmp_path: Path, clock: ManualClock) -> None:
    """It is not made: it is more likely misspelt."""
    with pytest.raises(StoreError, match="its folder must exist"):
        await SqliteStore.open(tmp_path / "no" / "queue.db", clock)


async def test_an_empty_file_is_a_new_database(path: Path, clock: ManualClock) -> None:
    """As ``mktemp`` makes one."""
    write(path, b"")
    store = await SqliteStore.open(path, clock)

    assert await store.queue.lanes() == []
    await store.close()


async def test_only_the_owner_can_read_the_files(path: Path, store: SqliteStore) -> None:
    """They hold people's request bodies; WAL and shared memory too."""
    await store.queue.promote()

    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(modes) == {"queue.db", "queue.db-wal", "queue.db-shm"}
    assert set(modes.values()) == {0o600}


async def test_a_file_opened_again_is_as_it_was(path: Path, clock: ManualClock) -> None:
    """Closing folds everything into one file, and nothing is created twice."""
    for _ in range(3):
        store = await SqliteStore.open(path, clock)
        counts = await store.ledger.counts()
        await store.close()

    assert len(counts.states) == 6
    assert [file.name for file in path.parent.iterdir()] == ["queue.db"]
