"""Results have a partition for each day, made before the first of the day is delivered."""

from worker.job import Entry, Lane
from worker.outcome import Delivered, Settlement
from worker.ports import Want
from worker.queues.postgres.store import PostgresStore
from worker.testing import ManualClock

LANE = Lane("shop", "order")
DAY_S = 86_400.0


async def deliver(store: PostgresStore, *ids: str) -> None:
    """Let jobs be delivered now."""
    await store.queue.enqueue([Entry(id_, LANE, f'{{"id":"{id_}"}}') for id_ in ids])
    leases = await store.queue.lease([Want(LANE, len(ids))], 60)
    assert all(await store.queue.settle([Settlement(lease, Delivered()) for lease in leases]))


async def partitions(store: PostgresStore) -> dict[str, int]:
    """How many results are in each."""
    parts = await store._session.answer(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'preflight.results'::regclass "
        "ORDER BY name"
    )
    return {
        part.partition(".")[2]: (await store._session.answer(f"SELECT count(*) FROM {part}"))[0][0]  # noqa: S608
        for (part,) in parts
    }


async def test_the_partition_of_tomorrow_is_there_today(postgres: PostgresStore) -> None:
    """At midnight, nobody waits for a table to be made."""
    await deliver(postgres, "1", "2")

    assert await partitions(postgres) == {"results_20260101": 2, "results_20260102": 0}


async def test_each_day_gets_its_own(postgres: PostgresStore, clock: ManualClock) -> None:
    """Also after a night in which nobody worked."""
    await deliver(postgres, "1")
    clock.advance(DAY_S)
    await deliver(postgres, "2")
    clock.advance(2 * DAY_S)
    await deliver(postgres, "3")

    found = await partitions(postgres)

    assert {name: jobs for name, jobs in found.items() if jobs} == {
        "results_20260101": 1,
        "results_20260102": 1,
        "results_20260104": 1,
    }


async def test_days_that_are_forgotten_are_dropped_whole(postgres: PostgresStore, clock: ManualClock) -> None:
    """Nothing of them is left to be vacuumed, and their ids may come again."""
    await deliver(postgres, "1", "2")
    clock.advance(3 * DAY_S)
    await deliver(postgres, "3")

    while await postgres.archive.prune(clock.now() - DAY_S):
        pass

    assert await partitions(postgres) == {"results_20260104": 1, "results_20260105": 0}
    assert (await postgres.queue.enqueue([Entry("1", LANE, "{}"), Entry("3", LANE, "{}")])).accepted == 1
