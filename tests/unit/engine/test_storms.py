"""Pitfalls that others fell into: a storm of throttles, one hot key, a budget that starves."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from worker.job import State
from worker.limits.budget import from_settings
from worker.outcome import Answer, Request
from worker.settings import LimitSettings

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

OK = Answer(200, {}, b"{}", 1.0)


async def test_sixty_four_throttles_at_once_close_the_api_once_and_waste_nothing_else(bench: Make) -> None:
    """Others put every slot to sleep by itself, or count each as a failure: here one time is waited, by nobody."""
    b = bench(concurrency=64, max_attempts=1)
    throttled = 0

    def script(_: Request) -> Answer:
        nonlocal throttled
        if b.clock.monotonic() < 5:
            throttled += 1
            return Answer(429, {"retry-after": "10"}, b"", 1.0)
        return OK

    b.transport.script = script
    b.transport.delay_s = 0.1
    await b.submit(1000)
    started = b.clock.monotonic()
    await b.work()
    assert await b.states() == {State.DELIVERED: 1000}
    assert throttled == 64
    assert len(b.transport.requests) == 1064
    assert b.clock.monotonic() - started < 15
    b.check_that_nothing_is_left()


async def test_a_throttled_key_is_closed_alone(bench: Make) -> None:
    """Where limits are by key, one tenant's 429 keeps no other from working."""
    b = bench(concurrency=4)
    b.apis["shop"] = replace(b.apis["shop"], closes="key")
    b.transport.script = lambda request: (
        Answer(429, {"retry-after": "60"}, b"", 1.0) if request.body == b'{"n":7}' and b.clock.monotonic() < 30 else OK
    )
    await b.submit(10, key="loud", body={"n": 7})
    await b.submit(10, key="quiet")
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(20)
    assert (await b.states())[State.DELIVERED] == 10
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 20}


async def test_a_hot_key_does_not_keep_cold_ones_waiting(bench: Make) -> None:
    """Nine jobs of ten are one key's; each of the others goes in its turn, in two rounds at the most."""
    keys = 40
    b = bench(limits={"shop": [from_settings(LimitSettings(rate=100, per_s=1))]}, concurrency=16)
    cold_at: list[float] = []

    def script(request: Request) -> Answer:
        if request.body == b'{"n":2}':
            cold_at.append(b.clock.monotonic())
        return OK

    b.transport.script = script
    await b.submit(9 * keys, key="hot")
    for number in range(keys):
        await b.submit(1, key=f"cold-{number}", body={"n": 2})
    await b.work()
    assert await b.states() == {State.DELIVERED: 10 * keys}
    assert sorted(cold_at)[keys // 2] < 2 * keys / 100


async def test_a_budget_that_starves_is_no_failure(bench: Make) -> None:
    """Four jobs and one request in ten seconds: all are delivered, half a minute later, with one attempt each."""
    b = bench(limits={"shop": [from_settings(LimitSettings(rate=1, per_s=10))]}, max_attempts=1)
    await b.submit(4)
    await b.work()
    assert await b.states() == {State.DELIVERED: 4}
    assert b.told().count("JobRetried") == 0
    assert len(b.transport.requests) == 4


async def test_every_attempt_has_its_own_slot(bench: Make) -> None:
    """Retries that do not pay exceed the limit: ten a second, and every request fails once."""
    b = bench(limits={"shop": [from_settings(LimitSettings(rate=10, per_s=1))]}, concurrency=8)
    sent: list[float] = []

    def script(_: Request) -> Answer:
        sent.append(b.clock.monotonic())
        return OK if len(sent) > 20 else Answer(500, {}, b"", 1.0)

    b.transport.script = script
    await b.submit(20)
    await b.work()
    assert await b.states() == {State.DELIVERED: 20}
    assert min(later - earlier for earlier, later in pairwise(sent)) > 0.05
    assert all(sum(at <= one < at + 1 for one in sent) <= 10 for at in sent)


async def test_a_job_that_waits_for_its_next_try_holds_no_sender(bench: Make) -> None:
    """One sender, and a job that fails: the other twenty are done long before its second try."""
    b = bench(concurrency=1)
    b.transport.script = lambda request: Answer(500, {}, b"", 1.0) if request.body == b'{"n":13}' else OK
    await b.submit(1, body={"n": 13})
    await b.submit(20)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.2)
    assert (await b.states())[State.DELIVERED] == 20
    b.runner.stop()
    await b.clock.run_until(running)


async def test_one_poison_job_stops_no_other(bench: Make) -> None:
    """In an ordered lane too: it is dead, and the next has its turn."""
    b = bench(ordered=True)
    b.transport.script = lambda request: Answer(422, {}, b"", 1.0) if request.body == b'{"n":13}' else OK
    await b.submit(1, body={"n": 13})
    await b.submit(5)
    await b.work()
    assert await b.states() == {State.DEAD: 1, State.DELIVERED: 5}
