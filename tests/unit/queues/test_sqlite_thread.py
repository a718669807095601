"""Cancelled callers, locked files and closed stores leave the queue whole."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from worker.errors import StoreBusyError, StoreError
from worker.job import Entry, Lane, State
from worker.outcome import Delivered, Settlement
from worker.ports import Accepted, Want
from worker.queues.sqlite import SqliteStore
from worker.queues.sqlite.session import Session
from worker.testing import ManualClock

LANE = Lane("shop", "order")


def batch(count: int) -> list[Entry]:
    """Jobs."""
    return [Entry(str(number), LANE, f'{{"id":"{number}"}}') for number in range(count)]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program is writing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def begun(task: "asyncio.Task[object]") -> None:
    """Let a task give its work to the thread."""
    await asyncio.wait({task}, timeout=0.05)
    assert not task.done()


async def test_a_cancelled_enqueue_is_done_whole_or_not_at_all(path: Path, store: SqliteStore) -> None:
    """Here the thread was at it already, so it is done."""
    with locked(path):
        task = asyncio.create_task(store.queue.enqueue(batch(3)))
        await begun(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert (await store.ledger.counts()).states[State.READY] == 3


async def test_work_that_had_not_begun_is_not_done(store: SqliteStore) -> None:
    """A cancelled caller behind a busy thread takes its work along."""
    go = threading.Event()
    busy = asyncio.create_task(store._thread.read(lambda _: go.wait(30)))
    task = asyncio.create_task(store.queue.enqueue(batch(3)))
    await begun(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()

    assert await busy
    assert (await store.ledger.counts()).states[State.READY] == 0


async def test_jobs_that_were_leased_for_a_cancelled_caller_go_back(path: Path, store: SqliteStore) -> None:
    """At once, not when the lease runs out, and without an expiry."""
    await store.queue.enqueue(batch(3))
    with locked(path):
        task = asyncio.create_task(store.queue.lease([Want(LANE, 2)], 3600))
        await begun(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    await store.queue.lanes()  # the thread has finished the lease, and the giving back is next
    leases = await store.queue.lease([Want(LANE, 9)], 60)
    assert [(lease.payload["id"], lease.fence, lease.expiries) for lease in leases] == [
        ("0", 2, 0),
        ("1", 2, 0),
        ("2", 1, 0),
    ]
    assert (await store.ledger.counts()).states[State.LEASED] == 3


async def test_a_file_that_stays_locked_is_said_to_be(path: Path, clock: ManualClock) -> None:
    """Nothing is done, and everything works again when the lock is gone."""
    store = await SqliteStore.open(path, clock, busy_s=0.01)
    with locked(path):
        with pytest.raises(StoreBusyError, match=r"another program keeps .* locked"):
            await store.queue.enqueue(batch(3))
        assert await store.queue.lanes() == []

    assert await store.queue.enqueue(batch(3)) == Accepted(3)
    await store.close()


async def test_a_failing_piece_of_work_leaves_nothing_behind(store: SqliteStore) -> None:
    """Not even when it fails after it wrote, and for a reason of ours."""

    def work(session: Session) -> None:
        session.change("add_file", name="half")
        raise LookupError

    with pytest.raises(LookupError):
        await store._thread.write(work)

    assert await store._thread.read(lambda session: session.value("find_file", name="half")) is None
    assert await store.queue.enqueue(batch(1)) == Accepted(1)


async def test_a_text_that_no_file_can_hold_undoes_its_batch(store: SqliteStore) -> None:
    """Half of a surrogate pair is no text. What comes next is not disturbed."""
    await store.queue.enqueue(batch(2))
    leases = await store.queue.lease([Want(LANE, 2)], 60)

    with pytest.raises(TypeError):
        await store.queue.enqueue([*batch(1), Entry("\ud800", LANE, "{}")])

    assert await store.queue.settle([Settlement(lease, Delivered()) for lease in leases]) == [True, True]


async def test_closing_waits_for_what_was_asked(path: Path, clock: ManualClock) -> None:
    """Work given before is done; a second close is nothing."""
    store = await SqliteStore.open(path, clock)
    task = asyncio.create_task(store.queue.enqueue(batch(1000)))
    await asyncio.wait({task}, timeout=0)
    await asyncio.gather(store.close(), store.close())

    assert (await task).accepted == 1000
    assert [file.name for file in path.parent.iterdir()] == ["queue.db"]


async def test_a_closed_store_says_so(path: Path, clock: ManualClock) -> None:
    """Instead of waiting for ever."""
    store = await SqliteStore.open(path, clock)
    await store.close()

    with pytest.raises(StoreError, match=r"queue\.db was closed"):
        await store.queue.lanes()


async def test_no_thread_is_left_over(path: Path, clock: ManualClock) -> None:
    """Neither after closing nor after a refused file."""
    await (await SqliteStore.open(path, clock)).close()
    with pytest.raises(StoreError):
        await SqliteStore.open(path.parent, clock)

    for thread in threading.enumerate():
        if thread.name.startswith("preflight-sqlite"):
            thread.join(10)
            assert not thread.is_alive()
