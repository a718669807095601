"""Jobs that workers die of: one at a time in a worker's hands, and parked in the end."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from worker.events import JobParked, JobReleased
from worker.job import Lane, State
from worker.outcome import Answer, Cause, Reply, Request
from worker.ports import Want

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

_LANE = Lane("shop", "put")


async def outlived(b: "Bench", times: int) -> None:
    """Let as many workers die, one after the other, with all jobs that are ready."""
    for _ in range(times):
        await b.store.queue.lease([Want(_LANE, 1_000)], 1.0)
        b.clock.advance(2.0)
        await b.queue.reclaim()


async def test_a_job_with_which_workers_died_too_often_is_parked_unsent(bench: Make) -> None:
    """As often as it may be tried; nothing looks at what is in it, which may be what kills."""
    b = bench(max_attempts=3)
    await b.submit(1, body={"nobody": "allows this"})
    await outlived(b, 3)
    await b.submit(5)
    await b.work()
    assert await b.states() == {State.PARKED: 1, State.DELIVERED: 5}
    (parked,) = [event for event in b.events if isinstance(event, JobParked)]
    assert (parked.id, parked.attempt, parked.problem.cause) == ("shop-1", None, Cause.UNKNOWN)
    assert parked.problem.title == "workers die while they have this job"
    assert parked.problem.detail.startswith("3 workers died or stalled while they had this job")
    assert "`preflight failures replay`" in parked.problem.detail
    b.check_that_nothing_is_left()


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_a_job_with_which_fewer_died_is_sent(bench: Make, times: int) -> None:
    """It may have been there by chance."""
    b = bench(max_attempts=6)
    await b.submit(3)
    await outlived(b, times)
    await b.work()
    assert await b.states() == {State.DELIVERED: 3}
    b.check_that_nothing_is_left()


async def test_one_suspect_is_in_hand_at_a_time(bench: Make) -> None:
    """Twenty jobs were there twice when a worker died: they go one after the other, uncharged."""
    b = bench(concurrency=8)
    b.transport.delay_s = 0.2
    suspects_in_hand = []

    def script(_: Request) -> Reply:
        leased = b.store.ledger._table.leased.values()
        suspects_in_hand.append(sum(row.expiries >= 2 for row in leased))
        return Answer(200, {}, b"{}", 1.0)

    b.transport.script = script
    await b.submit(20)
    await outlived(b, 2)
    await b.submit(20)
    await b.work()
    assert await b.states() == {State.DELIVERED: 40}
    assert len(b.transport.requests) == 40
    assert set(suspects_in_hand) <= {0, 1}
    assert all(row.attempts == 0 or row.result for row in b.store.ledger._table.rows.values())
    assert {one.reason for one in b.events if isinstance(one, JobReleased)} == {
        "it may have killed workers, and another such job is in hand"
    }
    b.check_that_nothing_is_left()


async def test_the_others_are_gone_before_a_suspect_is_looked_at(bench: Make) -> None:
    """The first look may be what kills: then their leases must not run out with it."""
    b = bench()
    await b.submit(5)
    await outlived(b, 2)
    b.steps.stop_at = "settle"
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_until(b.steps.reached.wait())
    desk = b.runner._desks["shop"]
    assert (desk.in_hand, b.transport.requests) == (0, [])
    assert await b.states() == {State.LEASED: 1, State.DELAYED: 4}
    b.steps.go_on()
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 5}
    b.check_that_nothing_is_left()


async def test_a_suspect_whose_lease_was_lost_keeps_no_other_away(bench: Make) -> None:
    """It is in other hands, and will never be settled here."""
    b = bench(concurrency=1, lease_s=3.0)
    b.transport.delay_s = 5.0
    await b.submit(2)
    await outlived(b, 2)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.1)
    (row,) = b.store.ledger._table.leased.values()
    row.fence += 1  # another worker has it now, for long
    row.lease_until = b.clock.now() + 1_000.0
    await b.clock.run_for(20.0)
    assert await b.states() == {State.LEASED: 1, State.DELIVERED: 1}
    b.runner.stop()
    await b.clock.run_until(running)
