"""A lane whose API fails is left alone, and costs its jobs nothing; what is wasted meanwhile is counted."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from worker.events import LaneOpened, LaneStopped
from worker.job import Standstill, State
from worker.limits.concurrency import Concurrency, Measured
from worker.limits.estimator import Estimator
from worker.outcome import Answer, Broken, Reply, Request
from worker.settings import BreakerSettings

_STEP_S = 0.5  # of the clock; everything that is due by then happens at once
_OK = Answer(200, {}, b"{}", 50.0)
_FAILED = Answer(500, {}, b"", 50.0)


class Outage:
    """An API that fails from one moment to another, and at some jobs always.

    Attributes:
        statuses: how many requests were answered with what.
    """

    def __init__(self, b: Any, from_s: float, until_s: float, reply: Reply = _FAILED) -> None:
        self.statuses: Counter[str] = Counter()
        self.poison: set[int] = set()
        self._b = b
        self._from_s = from_s
        self._until_s = until_s
        self._reply = reply
        b.transport.delay_s = 0.05
        b.transport.script = self

    def __call__(self, request: Request) -> Reply:
        """The reply to a request."""
        bad = self._from_s <= self._b.clock.monotonic() < self._until_s
        bad = bad or (isinstance(request.body, bytes) and orjson.loads(request.body)["n"] in self.poison)
        self.statuses["bad" if bad else "good"] += 1
        return self._reply if bad else _OK


async def _work(b: Any, limit_s: float) -> None:
    """Run until nothing is left that can be done, in coarse steps of the clock."""
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0)
    while not running.done():
        assert b.clock.monotonic() < limit_s
        b.clock.advance(_STEP_S)
        await b.clock.run_for(0)
    await running


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (_FAILED, 600),
        (Answer(503, {}, b"", 50.0), 60),
        (Broken("timeout", sent=True, detail="no answer", elapsed_ms=50.0), 60),
    ],
)
async def test_an_outage_of_ten_minutes_loses_no_job(bench: Callable[..., Any], reply: Reply, seconds: int) -> None:
    """Nor is one called failed; what is sent in vain is what it takes to know, and three probes a cool-down."""
    b = bench(concurrency=16)
    await b.submit(1000)
    outage = Outage(b, 5.0, 5.0 + seconds, reply)
    await _work(b, 300 + seconds)
    assert await b.states() == {State.DELIVERED: 1000}
    assert outage.statuses["good"] == 1000
    assert outage.statuses["bad"] <= 20 + 16 + 3 * (seconds / 15)
    assert max(row.attempts for row in b.store.ledger._table.rows.values()) <= 3
    b.check_that_nothing_is_left()


async def test_people_are_told_once_that_a_lane_is_left_alone_and_once_that_it_works_again(
    bench: Callable[..., Any],
) -> None:
    """With how many requests failed, and what was said."""
    b = bench(concurrency=16)
    await b.submit(500)
    Outage(b, 1.0, 20.0)
    await _work(b, 300)
    stopped, *_ = told = [event for event in b.events if isinstance(event, LaneStopped | LaneOpened)]
    assert stopped.stop.kind is Standstill.BREAKER_OPEN
    assert stopped.stop.reason == "20 of the last 20 requests failed: the API answered 500 Internal Server Error"
    assert isinstance(told[-1], LaneOpened)
    assert sum(isinstance(event, LaneOpened) for event in told) == 1


async def test_jobs_that_always_fail_do_not_keep_their_lane_closed(bench: Callable[..., Any]) -> None:
    """They were first in the queue when the outage began, and let others be the next to be tried."""
    b = bench(concurrency=8, max_attempts=3)
    for n in range(300):
        await b.submit(1, body={"n": n})
    outage = Outage(b, 0.0, 30.0)
    outage.poison = set(range(8))
    await _work(b, 600)
    assert await b.states() == {State.DELIVERED: 292, State.DEAD: 8}


async def test_one_operation_that_fails_does_not_stop_another(bench: Callable[..., Any]) -> None:
    """The lane is what is left alone, not the API."""
    b = bench(concurrency=8, breaker=BreakerSettings(minimum=5, cool_down_s=60))
    await b.submit(50, "put")
    await b.submit(50, "post", body={"n": 2})
    outage = Outage(b, 0.0, 0.0)
    outage.poison = {1}
    running = asyncio.create_task(b.runner.run())
    for _ in range(40):
        b.clock.advance(_STEP_S)
        await b.clock.run_for(0)
    counts = await b.store.ledger.counts()
    assert counts.states[State.DELIVERED] == 50
    assert outage.statuses["bad"] <= 5 + 8
    b.runner.stop()
    await b.clock.run_until(running)


async def test_an_api_that_fails_at_everything_is_given_up_in_the_end(bench: Callable[..., Any]) -> None:
    """A batch does not wait for ever; its jobs wait for the next one, uncharged."""
    b = bench(concurrency=4, breaker=BreakerSettings(cool_down_s=5, probes=1))
    await b.submit(100)
    Outage(b, 0.0, 1e9)
    await _work(b, 600)
    states = await b.states()
    assert states.get(State.DEAD, 0) == 0
    assert [stop.kind for stop in b.finish.stuck] == [Standstill.BREAKER_OPEN]


async def test_concurrency_is_found_out_while_jobs_are_sent(bench: Callable[..., Any]) -> None:
    """Never more are in flight than the estimate says, and all are delivered."""
    concurrency = Concurrency(4, 64)
    b = bench(adaptive=concurrency)
    flying = seen = 0
    echo = b.transport.send

    class Counting:
        """Counts what is in flight."""

        async def send(self, request: Request) -> Reply:
            """See ``ports.Transport``."""
            nonlocal flying, seen
            flying += 1
            seen = max(seen, flying)
            assert flying <= concurrency.limit
            reply: Reply = await echo(request)
            flying -= 1
            return reply

        async def close(self) -> None:
            """Nothing to close."""

    Outage(b, 0.0, 0.0)
    b.apis["shop"] = replace(b.apis["shop"], transport=Measured(Counting(), concurrency, Estimator(64), b.clock))
    await b.submit(2000)
    await _work(b, 60)
    assert await b.states() == {State.DELIVERED: 2000}
    assert seen == concurrency.limit == 64
