"""A file of an older version is brought up to the present one, and loses nothing."""

import asyncio
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from worker.errors import StoreError
from worker.job import Lane, Lease, Source, State
from worker.outcome import Cause
from worker.ports import Edit, Ready, Want
from worker.queues.sqlite import SqliteStore
from worker.queues.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION
from worker.queues.sqlite.statements import statement
from worker.testing import ManualClock

LANE = Lane("shop", "order", "k")
#: Four jobs as version 1 wrote them.
JOBS = """
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
INSERT INTO lanes VALUES (1, '["shop","order","k"]');
INSERT INTO files VALUES (1, 'orders.jsonl');
INSERT INTO jobs (seq, id, lane, state, priority, size, attempts, fence, due_at, lease_until, file, line)
VALUES
    (1, 'ready', 1, 0, 0, 50, 2, 2, NULL, NULL, 1, 7), (2, 'leased', 1, 1, 0, 50, 0, 1, NULL, 5, 1, 8),
    (3, 'delayed', 1, 2, 0, 50, 1, 1, 1, NULL, 1, 9), (4, 'dead', 1, 4, 0, 50, 1, 1, NULL, NULL, 1, 10);
INSERT INTO bodies
SELECT seq, '{"id":"' || id || '","api":"shop","operation":"order","key":"k"}' FROM jobs;
INSERT INTO failures VALUES (
    4, 'invalid', NULL, 1.0,
    '{"problem":{"cause":"invalid","stage":"judge","title":"no","detail":"no","faults":[]},"failed_at":1.0}'
);
UPDATE states SET jobs = 1 WHERE state IN (0, 1, 2, 4);
"""


@pytest.fixture
def old(path: Path) -> Path:
    """A file of version 1 with a ready, a leased, a delayed and a dead job, as version 1 wrote them."""
    with closing(sqlite3.connect(path)) as file:
        for script in (statement("create_schema"), f"PRAGMA application_id = {APPLICATION_ID}", JOBS):
            file.executescript(script)
    return path


def test_version_1_is_as_it_was() -> None:
    """Files of it are out there: what is to be different is a later version's."""
    assert sha256(statement("create_schema").encode()).hexdigest().startswith("204424f0d812c28d")


async def test_every_job_of_an_older_file_goes_on(old: Path, clock: ManualClock) -> None:
    """What was ready, in somebody's hands, waiting or dead is so still, with what was known of it."""
    store = await SqliteStore.open(old, clock)

    counts = await store.ledger.counts()
    assert {state: jobs for state, jobs in counts.states.items() if jobs} == {
        State.READY: 1,
        State.LEASED: 1,
        State.DELAYED: 1,
        State.DEAD: 1,
    }
    assert counts.failures == {Cause.INVALID: 1}
    assert await store.queue.lanes() == [Ready(LANE, 1)]
    payload = {"id": "ready", "api": "shop", "operation": "order", "key": "k"}
    assert await store.queue.lease([Want(LANE, 9)], 60) == [
        Lease(1, 3, LANE, payload, attempts=2, source=Source("orders.jsonl", 7))
    ]
    await store.queue.reclaim()
    await store.queue.promote()
    await store.ledger.replay([Edit("dead")])
    (rest,) = [await store.queue.lease([Want(LANE, 9)], 60)]
    assert [lease.payload["id"] for lease in rest] == ["leased", "delayed", "dead"]
    await store.close()


async def test_jobs_that_ended_before_are_told_of(old: Path, clock: ManualClock) -> None:
    """In the order of their acceptance: when they ended was not written down."""
    store = await SqliteStore.open(old, clock)
    assert [(one.number, one.end.id) for one in await store.ledger.endings()] == [(1, "dead")]
    await store.close()


async def test_a_file_is_brought_up_once_however_many_processes_start(old: Path, clock: ManualClock) -> None:
    """The others wait, and find it done; so does the next start."""
    stores = await asyncio.gather(*(SqliteStore.open(old, clock) for _ in range(4)))
    for store in stores:
        await store.close()

    with closing(sqlite3.connect(old)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    store = await SqliteStore.open(old, clock)
    assert (await store.ledger.counts()).unfinished == 3
    await store.close()


async def test_an_older_and_a_new_file_are_alike(old: Path, tmp_path: Path, clock: ManualClock) -> None:
    """The same tables with the same columns, indexes and triggers."""
    schemas = []
    for path in (old, tmp_path / "new.db"):
        await (await SqliteStore.open(path, clock)).close()
        with closing(sqlite3.connect(path)) as file:
            schemas.append(file.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall())

    assert schemas[0] == schemas[1]


async def test_an_upgrade_that_fails_leaves_the_file_as_it_was(path: Path, clock: ManualClock) -> None:
    """A file that somebody has changed by hand is not changed by half."""
    with closing(sqlite3.connect(path)) as file:
        file.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1; CREATE TABLE lanes (x);"
        )
    with pytest.raises(StoreError, match="no such table: jobs"):
        await SqliteStore.open(path, clock)

    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT sql FROM sqlite_schema").fetchall() == [("CREATE TABLE lanes (x)",)]
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
