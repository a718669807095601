"""Connections that take long to be made: what ended meanwhile does not leave, and nothing is left of it."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.unit.engine.emptiness import assert_empty
from worker.events import JobReleased
from worker.job import State
from worker.limits.budget import from_settings
from worker.settings import LimitSettings

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

_SELDOM = from_settings(LimitSettings(rate=1, per_s=1))
_OFTEN = from_settings(LimitSettings(rate=100, per_s=1))


@pytest.mark.parametrize("limits", [{}, {"shop": [_SELDOM]}], ids=["unlimited", "limited"])
async def test_no_request_leaves_whose_lease_ran_out_while_it_was_connected(
    bench: Make, limits: dict[str, object]
) -> None:
    """The store is away meanwhile, so that no lease is renewed: somebody else may have the job by then."""
    b = bench(limits=limits, concurrency=1, lease_s=10.0)
    b.transport.connect_s = 12.0
    await b.submit(1)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.5)
    b.line.cut = True
    await b.clock.run_for(13.0)
    assert b.transport.requests == []
    b.line.cut = False
    b.transport.connect_s = 0.0
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 1}
    assert len(b.transport.requests) == 1
    assert_empty(b.runner)


async def test_a_request_that_was_held_back_is_not_paid_for(bench: Make) -> None:
    """Its slot is handed back like that of any other that did not leave."""
    b = bench(limits={"shop": [_OFTEN]}, concurrency=1)
    b.transport.connect_s = 0.002
    await b.submit(1)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.001)
    b.hands.prolong(b.hands.all(), b.clock.now())  # it lasts no longer
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 1}
    assert b.quota.refunded > 0
    assert b.quota.granted - b.quota.refunded == len(b.transport.requests) == 1


@pytest.mark.parametrize("operation", ["put", "post"])
async def test_a_job_whose_leave_cannot_be_asked_for_goes_back(bench: Make, operation: str) -> None:
    """Its slot passed while it was connected, and the store was gone: it was surely not sent, and is not in flight."""
    b = bench(limits={"shop": [_SELDOM]}, concurrency=1)
    b.transport.connect_s = 3.0
    await b.submit(1, operation)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(1.0)
    b.line.cut = True
    await b.clock.run_for(5.0)
    assert b.sender.flying == {}
    b.line.cut = False
    b.transport.connect_s = 0.0
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 1}
    assert len(b.transport.requests) == 1
    assert b.told() == ["JobReleased", "JobDelivered"]
    b.check_that_nothing_is_left()


async def test_a_job_that_is_stopped_while_it_waits_for_leave_goes_back(bench: Make) -> None:
    """A connection was made for it, and a POST: it is known not to have been sent, so that nobody has to look it up."""
    b = bench(limits={"shop": [_SELDOM]}, concurrency=1, drain_s=0.0)
    b.transport.connect_s = 3.0
    await b.submit(1, "post")
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(1.0)
    b.steps.stop_at = "grant"
    await b.clock.run_until(b.steps.reached.wait())
    b.runner.stop()
    await b.clock.run_until(running)
    assert await b.states() == {State.READY: 1}
    assert [event.reason for event in b.events if isinstance(event, JobReleased)] == ["shutdown"]
    b.check_that_nothing_is_left()
