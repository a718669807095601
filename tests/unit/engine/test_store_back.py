"""What comes first when a store answers again: leases are kept, and what is known is written, if there is room."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from worker.job import State
from worker.stages.settle import BATCH

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]


async def test_leases_are_kept_while_much_is_written_after_an_outage(bench: Make) -> None:
    """A store that is hardly up again takes longer than a lease for all that is known: nobody else gets those jobs."""
    b = bench(concurrency=1_000, lease_s=6.0)
    b.transport.delay_s = 1.0
    await b.submit(4 * BATCH)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.9)
    b.line.cut = True
    await b.clock.run_for(2.5)
    assert b.runner._settler.pending > 3 * BATCH
    b.line.cut, b.line.slow_s = False, 2.5
    for _ in range(30):
        await b.clock.run_for(0.5)
        assert await b.store.queue.reclaim() == 0
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 4 * BATCH}
    assert len(b.transport.requests) == 4 * BATCH
    b.check_that_nothing_is_left()


async def test_a_store_that_is_full_is_waited_for_with_all_that_is_known(bench: Make) -> None:
    """It answers, and has no room for outcomes: they are kept, with their leases, and nothing more is sent."""
    b = bench(concurrency=4, lease_s=5.0)
    b.transport.delay_s = 0.5
    await b.submit(100)
    with structlog.testing.capture_logs() as lines:
        running = asyncio.create_task(b.runner.run(b.finish))
        await b.clock.run_for(1.2)
        b.line.full = True
        await b.clock.run_for(1.0)
        sent = len(b.transport.requests)
        await b.clock.run_for(60.0)
        assert len(b.transport.requests) == sent
        assert await b.store.queue.reclaim() == 0
        b.line.full = False
        await b.clock.run_until(running)
    assert [line["event"] for line in lines] == ["store_gone", "store_back"]
    assert lines[0]["reason"] == "no room left in store.example"
    assert await b.states() == {State.DELIVERED: 100}
    assert len(b.transport.requests) == 100
    b.check_that_nothing_is_left()
