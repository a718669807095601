"""A worker whose place another takes, as when its config is read again, gives nothing up because the store is away."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.unit.engine.emptiness import assert_empty
from worker.errors import StoreGoneError
from worker.job import State
from worker.limits.budget import from_settings
from worker.settings import LimitSettings

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

_OFTEN = from_settings(LimitSettings(rate=100, per_s=1))


@pytest.mark.parametrize("cut_s", [-0.1, 0.0, 0.2, 0.505, 0.6])
async def test_who_makes_way_for_another_waits_for_the_store(bench: Make, cut_s: float) -> None:
    """Whenever it goes away, seconds after that: what is known is written, though the drain is over by long."""
    b = bench(limits={"shop": [_OFTEN]}, concurrency=4, drain_s=1.0)
    b.transport.delay_s = 0.5
    await b.submit(40, "post")
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(1.0 + min(cut_s, 0.0))
    b.line.cut = cut_s < 0
    await b.clock.run_for(max(-cut_s, 0.0))
    b.runner.make_way()
    await b.clock.run_for(max(cut_s, 0.0))
    b.line.cut = True
    await b.clock.run_for(60.0)
    b.line.cut = False
    await b.clock.run_until(running)
    sent = len(b.transport.requests)
    assert await b.states() == {State.DELIVERED: sent, State.READY: 40 - sent}
    assert_empty(b.runner)


async def test_who_makes_way_bears_no_more_than_others(bench: Make) -> None:
    """After ``patience`` it ends, and says so."""
    b = bench(concurrency=4, drain_s=1.0, patience_s=30.0)
    b.transport.delay_s = 0.5
    await b.submit(40)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(0.7)
    b.line.cut = True
    b.runner.make_way()
    with pytest.raises(StoreGoneError):
        await b.clock.run_until(running)
    assert 30.0 <= b.clock.monotonic() <= 33.0
    assert_empty(b.runner)


async def test_who_makes_way_can_be_stopped_while_it_waits_for_the_store(bench: Make) -> None:
    """Then it has as long as every drain."""
    b = bench(concurrency=4, drain_s=1.0)
    b.transport.delay_s = 0.5
    await b.submit(40)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(0.7)
    b.line.cut = True
    b.runner.make_way()
    await b.clock.run_for(20.0)
    b.runner.stop()
    with pytest.raises(StoreGoneError):
        await b.clock.run_until(running)
    assert b.clock.monotonic() <= 23.0
    assert_empty(b.runner)


@pytest.mark.parametrize(("jobs", "method"), [(40, "settle"), (0, "all")])
async def test_who_makes_way_waits_for_the_store_also_at_the_very_end(bench: Make, jobs: int, method: str) -> None:
    """An answer is lost when nothing is under way any more: what was asked for is asked for again."""
    b = bench(concurrency=4, drain_s=1.0)
    b.transport.delay_s = 3.0
    await b.submit(jobs)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(1.1)
    b.runner.make_way()
    if jobs:
        await b.clock.run_for(0.98)  # soon those in flight are called back
    b.line.lost[method] = 1
    await b.clock.run_until(running)
    assert b.line.lost[method] == 0
    assert await b.states() == ({State.READY: jobs} if jobs else {})
    assert_empty(b.runner)
