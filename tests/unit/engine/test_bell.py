"""An idle worker asks seldom, and works at once when the bell rings."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from worker.job import State

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]


class HandBell:
    """A bell that a test rings, of a store that is asked once in ten seconds otherwise.

    Attributes:
        rested: for how long somebody wanted to rest, each time.
    """

    poll_s = 10.0

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        self.rested: list[float] = []

    async def rest(self, seconds: float) -> None:
        """Until somebody rings, and for no time less."""
        self.rested.append(seconds)
        await self.rung.wait()
        self.rung.clear()


@pytest.fixture
def belled(bench: Make) -> "tuple[Bench, HandBell]":
    """A bench with a bell."""
    bell = HandBell()
    return bench(bell=bell), bell


async def test_an_idle_worker_waits_for_the_bell(belled: "tuple[Bench, HandBell]") -> None:
    """It rests for as long as the store asks it to, and a ring ends that."""
    b, bell = belled
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(60.0)
    await b.submit(5)
    await b.clock.run_for(60.0)
    assert (bell.rested, len(b.transport.requests)) == ([10.0], 0)
    bell.rung.set()
    await b.clock.run_for(0.5)
    assert await b.states() == {State.DELIVERED: 5}
    b.runner.stop()
    await b.clock.run_until(running)
    b.check_that_nothing_is_left()


async def test_an_idle_worker_that_is_told_to_stop_does_not_wait_for_the_bell(
    belled: "tuple[Bench, HandBell]",
) -> None:
    """It ends at once."""
    b, _ = belled
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(5.0)
    b.runner.stop()
    await b.clock.run_for(0.1)
    assert running.done()


async def test_a_run_that_ends_by_itself_does_not_wait_for_the_bell(belled: "tuple[Bench, HandBell]") -> None:
    """Nothing is left when the last job is done, and nobody rings for that."""
    b, bell = belled
    await b.submit(20)
    started = b.clock.monotonic()
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(1.0)
    assert running.done()
    assert b.clock.monotonic() - started <= 1.0
    assert bell.rested == []


async def test_idle_workers_do_not_ask_all_at_once(bench: Make) -> None:
    """Those that were started together: the dice make it half as long, or half as long again."""
    rests = []
    for face in (0.0, 0.999):
        bell = HandBell()
        b = bench(bell=bell, dice=face)
        running = asyncio.create_task(b.runner.run())
        await b.clock.run_for(1.0)
        rests += bell.rested
        b.runner.stop()
        await b.clock.run_until(running)
    assert rests == [5.0, pytest.approx(15.0, abs=0.1)]
