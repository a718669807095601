"""Many workers on one schema: each job is had by one of them at a time, and nobody waits for ever."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from worker.errors import StoreError
from worker.failure import Failure, Selection
from worker.job import Entry, Lane, Scope, Standstill, State, Stop
from worker.outcome import Cause, Delivered, Outcome, Problem, Released, Retry, Settlement
from worker.ports import Want
from worker.queues.postgres.store import PostgresStore
from worker.testing import ManualClock

Open = Callable[..., Awaitable[PostgresStore]]

LANES = [Lane("shop", "order"), Lane("shop", "refund"), Lane("mail", "send")]
PROBLEM = Problem(Cause.UNAVAILABLE, "judge", "it failed", "because it failed")


def batch(first: int, count: int) -> list[Entry]:
    """Jobs of three lanes and of five priorities."""
    return [Entry(str(n), LANES[n % 3], f'{{"id":"{n}"}}', n % 5) for n in range(first, first + count)]


def outcome(n: int) -> Outcome:
    """What becomes of a lease: some jobs go round again."""
    return (Delivered(), Delivered(), Released("shutdown"), Retry(PROBLEM, 0.0))[n % 4]


async def work(store: PostgresStore, had: Counter[tuple[int, int]], delivered: Counter[str]) -> None:
    """Lease and settle until nothing is ready."""
    while leases := await store.queue.lease([Want(lane, 20) for lane in LANES], 60):
        had.update((lease.seq, lease.fence) for lease in leases)
        settlements = [Settlement(lease, outcome(n)) for n, lease in enumerate(leases)]
        assert all(await store.queue.renew(leases, 60))
        assert all(await store.queue.settle(settlements))
        delivered.update(one.lease.payload["id"] for one in settlements if isinstance(one.outcome, Delivered))
        await store.queue.promote()
        await store.queue.reclaim()


async def test_eight_workers_settle_each_job_exactly_once(open_postgres: Open, postgres_schema: str) -> None:
    """5,000 jobs, enqueued while they are worked at; no lease is given to two, and no two block each other."""
    stores = [await open_postgres(postgres_schema) for _ in range(8)]
    had: Counter[tuple[int, int]] = Counter()
    delivered: Counter[str] = Counter()

    await asyncio.gather(*(store.queue.enqueue(batch(625 * n, 625)) for n, store in enumerate(stores)))
    await asyncio.gather(*(work(store, had, delivered) for store in stores))

    assert max(had.values()) == 1
    assert delivered == Counter(str(n) for n in range(5_000))
    counts = await stores[0].ledger.counts()
    assert {state: jobs for state, jobs in counts.states.items() if jobs} == {State.DELIVERED: 5_000}


async def test_the_same_file_may_be_submitted_by_many_at_once(open_postgres: Open, postgres_schema: str) -> None:
    """Each id is taken once, and nobody blocks anybody, whatever the order of the rows."""
    stores = [await open_postgres(postgres_schema) for _ in range(4)]
    entries = batch(0, 2_000)
    orders = [entries, entries[::-1], entries[1_000:] + entries[:1_000], entries]

    told = await asyncio.gather(*(s.queue.enqueue(order) for s, order in zip(stores, orders, strict=True)))

    assert sum(one.accepted for one in told) == 2_000
    assert sum(len(one.duplicates) for one in told) == 6_000
    assert not any(one.conflicts for one in told)


async def test_the_same_rows_may_be_rejected_by_many_at_once(open_postgres: Open, postgres_schema: str) -> None:
    """Each is kept once, and nobody blocks anybody; those of one batch stay in its order."""
    stores = [await open_postgres(postgres_schema) for _ in range(4)]
    rows = [Failure(f"{n % 7}-{n}", LANES[0], PROBLEM, {}, 1.0) for n in range(400)]

    for _ in range(5):
        kept = await asyncio.gather(
            *(store.ledger.reject(rows[:: -1 if n % 2 else 1]) for n, store in enumerate(stores))
        )
        assert sum(kept) == 400
        page, _ = await stores[0].ledger.failures(Selection(), 0, 500)
        assert [one.id for one in page] in ([row.id for row in rows], [row.id for row in rows[::-1]])
        assert await stores[0].ledger.discard([row.id for row in rows]) == 400


async def test_the_same_stops_may_be_put_by_many_at_once(open_postgres: Open, postgres_schema: str) -> None:
    """The last word counts, and nobody blocks anybody."""
    stores = [await open_postgres(postgres_schema) for _ in range(4)]
    stops = [Stop(Scope("shop", "order", str(n)), Standstill.PAUSED, "by hand", 1.0, None) for n in range(400)]

    for _ in range(5):
        await asyncio.gather(*(store.stops.put(stops[:: -1 if n % 2 else 1]) for n, store in enumerate(stores)))

    assert sorted(await stores[0].stops.all(), key=str) == sorted(stops, key=str)


async def test_one_job_at_a_time_is_leased_in_order_by_any_number_of_workers(
    open_postgres: Open, postgres_schema: str
) -> None:
    """They all ask at the same moment, again and again: one gets the next job, the others get nothing."""
    stores = [await open_postgres(postgres_schema) for _ in range(4)]
    await stores[0].queue.enqueue([Entry(str(n), LANES[0], f'{{"id":"{n}"}}', n % 3) for n in range(20)])
    order: list[str] = []

    while len(order) < 20:
        found = await asyncio.gather(*(store.queue.lease([Want(LANES[0], 5, ordered=True)], 60) for store in stores))
        (lease,) = [one for leases in found for one in leases]
        order.append(lease.payload["id"])
        assert await stores[1].queue.settle([Settlement(lease, Delivered())]) == [True]

    assert order == [str(n) for n in range(20)]


async def test_a_fence_outlives_a_lease_that_the_server_forgot(postgres: PostgresStore, clock: ManualClock) -> None:
    """A lease is not on the disk at once: after a crash of the server, its next one is not taken for it."""
    await postgres.queue.enqueue(batch(0, 1))
    (forgotten,) = await postgres.queue.lease([Want(LANES[0], 1)], 60)
    await postgres._session.answer("UPDATE preflight.jobs SET state = 0, fence = 0, lease_until = NULL")
    clock.advance(0.5)

    (lease,) = await postgres.queue.lease([Want(LANES[0], 1)], 60)

    assert lease.fence > forgotten.fence
    assert await postgres.queue.settle([Settlement(forgotten, Delivered())]) == [False]
    assert await postgres.queue.settle([Settlement(lease, Delivered())]) == [True]


async def test_leases_that_nobody_received_are_given_back(postgres: PostgresStore) -> None:
    """A caller who is cancelled while the server is at it leaves no job behind that waits for its lease to run out."""
    await postgres.queue.enqueue(batch(0, 30))
    for _ in range(20):
        task = asyncio.create_task(postgres.queue.lease([Want(LANES[0], 5)], 60))
        await asyncio.wait({task}, timeout=0)
        task.cancel()
        await asyncio.wait({task})

    while postgres._session._running:
        await asyncio.wait(postgres._session._running)

    counts = await postgres.ledger.counts()
    assert {state: jobs for state, jobs in counts.states.items() if jobs} == {State.READY: 30}


async def test_nothing_is_kept_of_what_was_done(postgres: PostgresStore) -> None:
    """After work, the counts are a few rows and nothing is under way; after closing, everything is refused."""
    await postgres.queue.enqueue(batch(0, 300))
    for _ in range(60):
        leases = await postgres.queue.lease([Want(LANES[0], 1)], 60)
        await postgres.queue.settle([Settlement(lease, Released("shutdown")) for lease in leases])
    await postgres.queue.promote()

    ((moves,),) = await postgres._session.answer("SELECT count(*) FROM preflight.moves")
    assert moves == 1
    assert postgres._session._running == set()
    await postgres.close()
    with pytest.raises(StoreError, match="was closed"):
        await postgres.queue.lanes()
