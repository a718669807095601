"""What a run may take on while a canary goes first: so many jobs, from every API and every lane some."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from worker.engine.canary import Canary
from worker.job import State
from worker.limits.budget import from_settings
from worker.outcome import Answer
from worker.settings import BreakerSettings, LimitSettings

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

_REJECTED = Answer(422, {}, b"{}", 1.0)


def shares(b: "Bench") -> Counter[str | None]:
    """How many jobs of each key were asked for."""
    asked: Counter[str | None] = Counter()
    for want in (want for wants in b.queue.wants for want in wants):
        asked[want.lane.key or want.lane.api] += want.most
    return asked


async def test_no_more_than_the_canary_leaves_until_it_is_answered(bench: Make) -> None:
    """Ten answers take their time, and the eleventh job is not even leased; then it is twenty."""
    b = bench(canary=Canary(10, 0.05), concurrency=64)
    b.transport.delay_s = 2.0
    await b.submit(200)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(1.9)
    assert (len(b.transport.requests), len(b.queue.leased)) == (10, 10)
    await b.clock.run_for(1.9)
    assert (len(b.transport.requests), len(b.queue.leased)) == (30, 30)
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 200}
    b.check_that_nothing_is_left()


async def test_every_lane_has_its_share_of_the_canary(bench: Make) -> None:
    """However long one of them is, and whose turn it was first."""
    b = bench(canary=Canary(12, 0.05), concurrency=64)
    b.transport.delay_s = 2.0
    await b.submit(500, key="hot")
    for key in "abc":
        await b.submit(5, key=key)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(1.0)
    assert shares(b) == {"hot": 3, "a": 3, "b": 3, "c": 3}
    b.runner.stop()
    await b.clock.run_until(running)


async def test_every_api_has_its_share_of_the_canary(bench: Make) -> None:
    """A thousand lanes of one do not keep the other from showing what it makes of its jobs."""
    b = bench(apis=["shop", "bank"], canary=Canary(10, 0.05), concurrency=64)
    b.transport.delay_s = 2.0
    for number in range(40):
        await b.submit(1, key=f"k{number}")
    await b.submit(40, api="bank")
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(1.0)
    assert shares(b)["bank"] == 5
    assert len(b.transport.requests) == 10
    b.runner.stop()
    await b.clock.run_until(running)


async def test_what_a_short_lane_leaves_of_the_canary_goes_to_the_others(bench: Make) -> None:
    """Ten are sent, although one of two lanes has a single job."""
    b = bench(canary=Canary(10, 0.05), concurrency=64)
    b.transport.delay_s = 2.0
    await b.submit(1, key="a")
    await b.submit(50, key="b")
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(1.0)
    assert len(b.transport.requests) == 10
    b.runner.stop()
    await b.clock.run_until(running)


async def test_a_stopped_run_leaves_its_jobs_as_they_were(bench: Make) -> None:
    """What was in flight is settled; what was not sent is ready, uncharged, and draws on no budget."""
    limits = {"shop": [from_settings(LimitSettings(rate=100, per_s=1))]}
    b = bench(canary=Canary(10, 0.2), limits=limits, breaker=BreakerSettings(enabled=False))
    b.transport.script = lambda _: _REJECTED
    await b.submit(100)
    await b.work()
    states = await b.states()
    assert len(b.transport.requests) == states[State.DEAD] <= 10
    assert states[State.READY] == 100 - states[State.DEAD]
    b.check_that_nothing_is_left()


async def test_jobs_that_were_refused_unsent_do_not_use_the_canary_up(bench: Make) -> None:
    """Fifty bad ones before ten good ones: the good ones are sent, and the gate waits for nobody."""
    b = bench(canary=Canary(10, 0.05))
    await b.submit(50, body={})
    await b.submit(10)
    await b.work()
    assert await b.states() == {State.DELIVERED: 10, State.DEAD: 50}
