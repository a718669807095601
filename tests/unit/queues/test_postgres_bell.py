"""An idle worker hears of jobs when they are committed, and not before."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tests.chaos.wire import Wire
from worker.job import Entry, Lane
from worker.ports import Want
from worker.queues.postgres.store import PostgresStore
from worker.testing import ManualClock

Open = Callable[..., Awaitable[PostgresStore]]

LANE = Lane("shop", "order")


_LONGEST_S: Final = 30.0
_TRIES: Final = 3000  # 10 ms apart: half a minute


async def rings(store: PostgresStore) -> bool:
    """Whether it ends a rest, which would not end by itself, within a bounded time."""
    try:
        async with asyncio.timeout(_LONGEST_S):
            await store.bell.rest(3_600)
    except TimeoutError:
        return False
    return True


async def listening(store: PostgresStore) -> None:
    """Wait until it listens: it rings once then."""
    assert await rings(store)


async def test_whoever_rests_is_woken_by_jobs_of_another(open_postgres: Open, postgres_schema: str) -> None:
    """Time stands still here: nothing but the bell ends the rest."""
    idle, other = await open_postgres(postgres_schema), await open_postgres(postgres_schema)
    await listening(idle)

    resting = asyncio.create_task(rings(idle))
    await other.queue.enqueue([Entry("1", LANE, "{}")])

    assert await resting


async def test_jobs_that_came_before_the_rest_are_not_missed(postgres: PostgresStore) -> None:
    """Between the last look and the rest."""
    await listening(postgres)
    await postgres.queue.enqueue([Entry("1", LANE, "{}")])

    assert await rings(postgres)


async def test_jobs_that_are_due_or_given_up_ring_too(postgres: PostgresStore, clock: ManualClock) -> None:
    """Somebody else's chores may have made them ready."""
    await listening(postgres)
    await postgres.queue.enqueue([Entry("1", LANE, "{}", 0, clock.now() + 5)])
    assert await rings(postgres)
    clock.advance(6)

    await postgres.queue.promote()
    assert await rings(postgres)
    await postgres.queue.lease([Want(LANE, 1)], 5)
    clock.advance(6)
    assert await postgres.queue.reclaim() == 1

    assert await rings(postgres)


async def test_a_batch_without_a_new_job_wakes_nobody(postgres: PostgresStore) -> None:
    """The one after it is the first that is heard."""
    heard: list[str] = []
    await postgres.queue.enqueue([Entry("1", LANE, "{}")])
    async with postgres._session._pool.connection() as connection:
        await connection.add_listener(
            f'"{postgres._session.address.schema}".ready', lambda *told: heard.append(str(told[3]))
        )
        await postgres.queue.enqueue([Entry("1", LANE, "{}")])
        await postgres.queue.promote()
        await postgres.queue.reclaim()
        await connection.execute("SELECT 1")
        assert heard == []
        await postgres.queue.enqueue([Entry(str(n), LANE, "{}") for n in range(2, 100)])
        await connection.execute("SELECT 1")
        assert heard == [""]
        await connection.reset()


async def test_a_bell_whose_connection_broke_listens_again(
    open_postgres: Open, postgres_schema: str, clock: ManualClock
) -> None:
    """And rings: nobody knows what it has missed."""
    with Wire(postgres_schema) as wire:
        store = await open_postgres(wire.url)
        await listening(store)
        wire.cut()
        wire.mend()

        resting = asyncio.create_task(store.bell.rest(1e9))
        for _ in range(_TRIES):
            clock.advance(1.0)
            if (await asyncio.wait({resting}, timeout=0.01))[0]:
                break

        assert resting.done()
        await store.close()


async def test_while_nobody_can_be_heard_a_rest_is_a_pause(
    open_postgres: Open, postgres_schema: str, clock: ManualClock
) -> None:
    """The worker polls, and finds out by itself what is wrong."""
    with Wire(postgres_schema) as wire:
        store = await open_postgres(wire.url)
        wire.cut()

        async with asyncio.timeout(_LONGEST_S):
            await clock.run_until(store.bell.rest(1.0))

        assert clock.monotonic() >= 1.0
        await store.close()
