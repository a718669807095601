"""The feeder: every lane in turn, never more than was granted, and what is not used goes back."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from worker.job import Lane, Scope, Standstill, State, Stop
from worker.limits.budget import from_settings
from worker.outcome import Answer, Reply, Request
from worker.settings import LimitSettings

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

#: 10 requests a second, one at a time.
_SLOW = from_settings(LimitSettings(rate=10, per_s=1))
_PER_KEY = from_settings(LimitSettings(rate=10, per_s=1, by="key"))


async def test_lanes_take_turns(bench: Make) -> None:
    """Two lanes under one budget: neither waits until the other is done."""
    b = bench(limits={"shop": [_SLOW]})
    await b.submit(10, key="a")
    await b.submit(10, key="b")
    await b.work()
    order = [want.lane.key for wants in b.queue.wants for want in wants]
    assert await b.states() == {State.DELIVERED: 20}
    assert {*order[:4]} == {"a", "b"}
    assert abs(order[:10].count("a") - order[:10].count("b")) <= 2


async def test_no_more_is_leased_than_the_budget_has_granted(bench: Make) -> None:
    """A second in which ten may go: at most eleven are leased, and everything granted is used or handed back."""
    b = bench(limits={"shop": [_SLOW]})
    await b.submit(100)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(1.0)
    assert 8 <= len(b.transport.requests) <= 11
    assert len(b.queue.leased) <= b.quota.granted
    b.runner.stop()
    await b.clock.run_until(running)
    b.check_that_nothing_is_left()


async def test_jobs_that_are_refused_draw_on_no_budget(bench: Make) -> None:
    """Fifty bad ones before three good ones, at ten a second: the good ones go as if they were alone."""
    b = bench(limits={"shop": [_SLOW]})
    await b.submit(50, body={})
    await b.submit(3)
    started = b.clock.now()
    await b.work()
    assert await b.states() == {State.DELIVERED: 3, State.DEAD: 50}
    assert b.clock.now() - started < 1.0


async def test_an_api_that_is_closed_keeps_no_other_from_working(bench: Make) -> None:
    """And none of its jobs is leased while it is closed."""
    b = bench(apis=["shop", "bank"], concurrency=1)
    shop = [Answer(429, {"retry-after": "60"}, b"", 1.0), Answer(200, {}, b"", 1.0)]

    def script(request: Request) -> Reply:
        return (shop.pop(0) if len(shop) > 1 else shop[0]) if request.url.startswith("http://shop") else shop[-1]

    b.transport.script = script
    await b.submit(20, api="shop")
    await b.submit(20, api="bank")
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(30.0)
    assert await b.states() == {State.DELIVERED: 20, State.READY: 20}
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 40}
    b.check_that_nothing_is_left()


@pytest.mark.parametrize(("lanes", "soon_s"), [(1, 0.6), (6000, 1.0)])
async def test_lanes_that_a_person_lets_go_on_are_asked_soon(bench: Make, lanes: int, soon_s: float) -> None:
    """Within half a second; where there are very many, which are asked more seldom, within about one."""
    b, paused = bench(concurrency=64), Stop(Scope("shop"), Standstill.PAUSED, "by me", 0.0)
    for number in range(lanes):
        await b.submit(1, key=str(number))
    await b.store.stops.put([paused])
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(5.0)
    assert await b.states() == {State.READY: lanes}
    await b.store.stops.lift([paused])
    await b.clock.run_for(soon_s)
    assert await b.states() == {State.DELIVERED: lanes}
    b.runner.stop()
    await b.clock.run_until(running)
    b.check_that_nothing_is_left()


async def test_a_key_whose_budget_is_spent_keeps_no_other_from_working(bench: Make) -> None:
    """One budget per key: the small lane is done long before the big one."""
    b = bench(limits={"shop": [_PER_KEY]})
    await b.submit(50, key="big")
    await b.submit(5, key="small")
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(1.0)
    left = await b.store.queue.lanes()
    assert [one.lane for one in left] == [Lane("shop", "put", "big")]
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 55}


async def test_a_lane_of_an_api_that_the_config_does_not_have_is_left_alone(bench: Make) -> None:
    """Its jobs wait for the worker that knows it; the run ends all the same."""
    b = bench()
    await b.submit(3)
    await b.submit(2, api="unknown")
    await b.work()
    assert await b.states() == {State.DELIVERED: 3, State.READY: 2}
    b.check_that_nothing_is_left()


async def test_jobs_that_come_while_the_worker_runs_are_found(bench: Make) -> None:
    """In a lane that did not exist at the start, within half a second."""
    b = bench()
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(1.0)
    await b.submit(5, key="new")
    await b.clock.run_for(0.5)
    assert await b.states() == {State.DELIVERED: 5}
    b.runner.stop()
    await b.clock.run_until(running)
    b.check_that_nothing_is_left()


async def test_a_job_costs_no_request_that_is_not_made(bench: Make) -> None:
    """More than its budget holds: refused as rate_limited, and the others go."""
    tokens = from_settings(LimitSettings(rate=20, per_s=1, cost="tokens", burst=10))
    b = bench(limits={"shop": [tokens]})
    await b.submit(1, cost={"tokens": 21})
    await b.submit(2, cost={"tokens": 5})
    await b.work()
    assert await b.states() == {State.DEAD: 1, State.DELIVERED: 2}
    b.check_that_nothing_is_left()


async def test_budgets_of_requests_and_of_costs_are_paid_together(bench: Make) -> None:
    """Slots lie ahead of the moment at which costs are known: nothing is paid for that is too late to be used."""
    requests = from_settings(LimitSettings(rate=50, per_s=1))
    tokens = from_settings(LimitSettings(rate=100, per_s=1, cost="tokens"))
    b = bench(limits={"shop": [requests, tokens]}, concurrency=8)
    for key in ("a", "b", None):
        await b.submit(10, key=key, cost={"tokens": 5})
    started = b.clock.now()
    await b.work()
    assert await b.states() == {State.DELIVERED: 30}
    assert b.clock.now() - started < 3.0
    assert b.told().count("JobReleased") == 0
    b.check_that_nothing_is_left()
