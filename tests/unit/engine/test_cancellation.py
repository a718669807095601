"""Stopping and cancelling at every await: a job goes back, or is parked where it may have been sent."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from worker.events import JobReleased
from worker.job import State
from worker.limits.budget import from_settings
from worker.outcome import Answer
from worker.settings import LimitSettings

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

#: 10 tokens a second, so that a cost of 10 has to be waited for once 10 are spent.
_TOKENS = from_settings(LimitSettings(rate=20, per_s=1, cost="tokens", burst=10))


@pytest.mark.parametrize("step", ["charge", "depart", "send"])
@pytest.mark.parametrize(
    ("operation", "header"), [("put", None), ("post", None), ("post", "Idempotency-Key")], ids=["put", "post", "keyed"]
)
@pytest.mark.parametrize("whole", [True, False], ids=["run cancelled", "drain over"])
async def test_a_job_whose_pipeline_is_cancelled_goes_back_or_is_parked(
    bench: Make, step: str, operation: str, header: str | None, *, whole: bool
) -> None:
    """At each await of the pipeline, whoever cancels: settled once, and no map knows it any more."""
    b = bench(header=header, concurrency=3, drain_s=0.0)
    b.steps.stop_at = step
    await b.submit(10, operation)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_until(b.steps.reached.wait())
    await b.clock.run_for(0.1)
    if whole:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await b.clock.run_until(running)
    else:
        b.runner.stop()
        await b.clock.run_until(running)
    sent_once = step == "send" and operation == "post" and header is None
    expected = {State.PARKED: 3, State.READY: 7} if sent_once else {State.READY: 10}
    assert await b.states() == expected
    assert all(row.attempts == 0 for row in b.store.ledger._table.rows.values())
    b.check_that_nothing_is_left()


async def test_a_job_that_waits_for_its_cost_goes_back(bench: Make) -> None:
    """Its sender sleeps until the budget has room: that is an await like any other."""
    b = bench(limits={"shop": [_TOKENS]}, concurrency=2, drain_s=0.0)
    b.transport.delay_s = 10.0
    await b.submit(2, cost={"tokens": 10})
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.1)
    assert len(b.transport.requests) == 1
    b.runner.stop()
    await b.clock.run_until(running)
    assert await b.states() == {State.READY: 2}
    b.check_that_nothing_is_left()


async def test_a_refused_job_whose_refund_is_cancelled_stays_refused(bench: Make) -> None:
    """Nothing was sent, and the verdict is known: only what was paid for it is lost."""
    b = bench(limits={"shop": [from_settings(LimitSettings(rate=1, per_s=60))]}, concurrency=1, drain_s=0.0)
    b.steps.stop_at = "refund"
    await b.submit(1, body={})
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_until(b.steps.reached.wait())
    await b.clock.run_for(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await b.clock.run_until(running)
    assert await b.states() == {State.DEAD: 1}
    b.check_that_nothing_is_left()


@pytest.mark.parametrize("step", ["grant", "lease"])
@pytest.mark.parametrize("whole", [True, False], ids=["run cancelled", "stopped"])
async def test_a_feeder_that_is_cancelled_has_leased_nothing(bench: Make, step: str, *, whole: bool) -> None:
    """Before the queue has handed anything out."""
    b = bench(limits={"shop": [from_settings(LimitSettings(rate=10, per_s=1))]})
    b.steps.stop_at = step
    await b.submit(10)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_until(b.steps.reached.wait())
    b.runner.stop()
    if whole:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await b.clock.run_until(running)
    else:
        b.steps.go_on()
        await b.clock.run_until(running)
    states = await b.states()
    assert sum(states.values()) == 10
    assert states.keys() <= ({State.READY} if whole else {State.READY, State.DELIVERED})
    b.check_that_nothing_is_left()


@pytest.mark.parametrize("whole", [True, False], ids=["run cancelled", "stopped"])
async def test_a_batch_that_is_being_written_is_written_once(bench: Make, *, whole: bool) -> None:
    """The store has done it and not yet said so: its jobs are delivered, and not lost leases."""
    b = bench(concurrency=2, drain_s=0.0)
    b.steps.stop_at = "settle"
    await b.submit(2)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_until(b.steps.reached.wait())
    if whole:
        running.cancel()
    b.runner.stop()
    await b.clock.run_for(1.0)
    b.steps.go_on()
    await b.clock.run_until(asyncio.wait([running]))
    assert running.cancelled() is whole
    assert await b.states() == {State.DELIVERED: 2}
    assert b.told() == ["JobDelivered"] * 2
    b.check_that_nothing_is_left()


async def test_draining_finishes_what_is_in_flight_and_hands_back_the_rest(bench: Make) -> None:
    """Four are under way, the others wait at their desk: those are released without an attempt."""
    b = bench(drain_s=5.0)
    b.transport.delay_s = 2.0
    await b.submit(30)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(1.0)
    b.runner.stop()
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 4, State.READY: 26}
    assert {event.reason for event in b.events if isinstance(event, JobReleased)} == {"shutdown"}
    assert all(event.attempt is None for event in b.events if isinstance(event, JobReleased))
    b.check_that_nothing_is_left()


async def test_a_job_that_is_in_flight_twice_is_no_crash(bench: Make) -> None:
    """Its lease ran out while its request was under way, and this very worker took it again."""
    b = bench(concurrency=2, lease_s=60.0)
    b.transport.delay_s = 5.0
    await b.submit(1)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.1)
    (row,) = b.store.ledger._table.leased.values()
    b.store.ledger._table.move(row, State.READY)
    await b.clock.run_for(1.0)
    assert len(b.transport.requests) == 2
    await b.clock.run_until(running)
    assert sorted(b.told()) == ["JobDelivered", "LeaseLost"]
    assert await b.states() == {State.DELIVERED: 1}
    b.check_that_nothing_is_left()


async def test_stopping_twice_and_before_the_start_is_harmless(bench: Make) -> None:
    """It ends at once, having done nothing."""
    b = bench()
    b.transport.script = lambda _: Answer(200, {}, b"", 1.0)
    await b.submit(3)
    b.runner.stop()
    b.runner.stop()
    await b.clock.run_until(b.runner.run())
    assert await b.states() == {State.READY: 3}
    b.check_that_nothing_is_left()
