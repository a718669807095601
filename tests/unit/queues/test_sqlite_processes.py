"""Several workers on one file, workers that are killed, and disks that are full."""

import asyncio
import subprocess
import sys
from pathlib import Path

from worker.job import Entry, Lane, Lease, State
from worker.outcome import Cause, Delivered, Problem, Retry, Settlement
from worker.ports import Want
from worker.queues.sqlite import SqliteStore
from worker.testing import ManualClock

LANE = Lane("shop", "order")

#: What every child starts with: a store over the file that its command line names.
PRELUDE = """
import asyncio, resource, sys
from worker.clock import SystemClock
from worker.errors import StoreFullError
from worker.job import Entry, Lane
from worker.ports import Want
from worker.queues.sqlite import SqliteStore

LANE = Lane("shop", "order")

def entries(name, count, size=200):
    body = "x" * size
    return [
        Entry(f"{name}-{n}", LANE, f'{{"id":"{name}-{n}","api":"shop","operation":"order","body":"{body}"}}')
        for n in range(count)
    ]

def run(main):
    async def body():
        await main(await SqliteStore.open(sys.argv[1], SystemClock()))
    asyncio.run(body())
"""

KILLED = """
async def main(store):
    for batch in range(10_000):
        await store.queue.enqueue(entries(batch, 20))
        leases = await store.queue.lease([Want(LANE, 5)], 3600)
        print(len(leases), flush=True)

run(main)
"""

FULL = """
async def main(store):
    accepted = (await store.queue.enqueue(entries("first", 10))).accepted
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    message = None
    for batch in range(1000):
        try:
            accepted += (await store.queue.enqueue(entries(batch, 50))).accepted
        except StoreFullError as error:
            message = str(error)
            break
    counts = await store.ledger.counts()
    assert counts.unfinished == accepted, (counts, accepted)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    accepted += (await store.queue.enqueue(entries(batch, 50))).accepted
    await store.close()
    print(accepted, message)

run(main)
"""

SHARED = """
async def main(store):
    for batch in range(20):
        await store.queue.enqueue(entries(batch, 20))
    await store.close()

run(main)
"""


def start(script: str, path: Path) -> subprocess.Popen[str]:
    """A process of its own that works on the file."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + script, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def drain(store: SqliteStore) -> list[Lease]:
    """Lease and deliver until nothing is left."""
    done: list[Lease] = []
    while leases := await store.queue.lease([Want(LANE, 7)], 60):
        assert all(await store.queue.settle([Settlement(lease, Delivered()) for lease in leases]))
        done += leases
    return done


async def test_a_killed_worker_loses_nothing(path: Path, clock: ManualClock) -> None:
    """What was acknowledged is there after kill -9, and what was leased comes back when its lease has run out."""
    with start(KILLED, path) as child:
        assert child.stdout is not None
        for _ in range(30):
            assert child.stdout.readline() == "5\n"
        child.kill()

    store = await SqliteStore.open(path, clock)
    counts = await store.ledger.counts()
    assert counts.states[State.READY] + counts.states[State.LEASED] >= 600
    assert counts.states[State.LEASED] >= 150
    clock.advance(10**10)
    assert await store.queue.reclaim() == counts.states[State.LEASED]
    assert len(await drain(store)) == counts.unfinished
    await store.close()


async def test_a_full_disk_is_said_and_costs_no_job(path: Path, clock: ManualClock) -> None:
    """The batch that found no room is not there in part, the earlier ones are whole, and it goes on with new room."""
    with start(FULL, path) as child:
        output, errors = child.communicate(timeout=60)

    assert not errors
    accepted, message = output.split(" ", 1)
    assert (
        message.strip()
        == f"no room left for {path}: free space on its disk, then run again; a worker that runs goes on by itself"
    )
    store = await SqliteStore.open(path, clock)
    assert len(await drain(store)) == int(accepted) > 60
    await store.close()


async def test_processes_that_start_at_once_make_one_queue(path: Path, clock: ManualClock) -> None:
    """On a file that none of them has found, with the same jobs."""
    children = [start(SHARED, path) for _ in range(4)]
    for child in children:
        assert child.communicate(timeout=60) == ("", "")

    store = await SqliteStore.open(path, clock)
    assert (await store.ledger.counts()).states[State.READY] == 400
    await store.close()


async def test_two_workers_never_hold_the_same_job(path: Path, clock: ManualClock) -> None:
    """Each job is delivered once, by one of them; each submitter knows whose jobs were taken."""
    stores = [await SqliteStore.open(path, clock) for _ in range(2)]
    batch = [Entry(str(number), LANE, f'{{"id":"{number}"}}') for number in range(500)]

    answers = await asyncio.gather(*(store.queue.enqueue(batch) for store in stores))
    drained = await asyncio.gather(*(drain(store) for store in stores))

    assert sorted(answer.accepted for answer in answers) == [0, 500]
    assert sorted(int(lease.payload["id"]) for leases in drained for lease in leases) == list(range(500))
    for store in stores:
        await store.close()


async def test_two_workers_never_hold_two_jobs_of_a_lane_in_order(path: Path, clock: ManualClock) -> None:
    """Whoever gets the next one, it goes after the last one has ended, retries included."""
    stores = [await SqliteStore.open(path, clock) for _ in range(2)]
    await stores[0].queue.enqueue([Entry(str(number), LANE, f'{{"id":"{number}"}}') for number in range(40)])
    held: list[str] = []
    went: list[str] = []

    async def work(store: SqliteStore) -> None:
        while (await store.ledger.counts()).unfinished:
            for lease in await store.queue.lease([Want(LANE, 5, ordered=True)], 60):
                held.append(lease.payload["id"])
                assert len(held) == 1
                await store.ledger.counts()  # the other one tries meanwhile
                again = not lease.attempts and int(lease.payload["id"]) % 3 == 0
                went.append(held.pop())
                outcome = Retry(Problem(Cause.TIMEOUT, "judge", "t", "d"), 0) if again else Delivered()
                assert await store.queue.settle([Settlement(lease, outcome)]) == [True]

    await asyncio.gather(*map(work, stores))

    assert went == [str(number) for number in range(40) for _ in range(2 if number % 3 == 0 else 1)]
    for store in stores:
        await store.close()
