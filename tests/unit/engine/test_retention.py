"""Delivered jobs are forgotten after a while, in steps that leave the store to others most of the time."""

import asyncio
from typing import Any

import pytest

from worker.engine.retention import Retention
from worker.job import EVERY, Scope, Standstill, Stop
from worker.testing import ManualClock

_DAY_S = 86_400.0


class Shelf:
    """An archive that holds so many old jobs, a thousand of which it forgets at a time, in a second."""

    def __init__(self, clock: ManualClock, old: int) -> None:
        self.clock = clock
        self.old = old
        self.asked: list[tuple[float, float]] = []
        self.stops: list[Stop] = []

    async def all(self) -> list[Stop]:
        """What stands still."""
        return self.stops

    async def prune(self, before: float) -> int:
        """Note when it was asked, and for what."""
        self.asked.append((self.clock.monotonic(), before))
        gone = min(self.old, 1_000)
        self.old -= gone
        if gone:
            await self.clock.sleep(1.0)
        return gone


@pytest.fixture
def clock() -> ManualClock:
    """Time that a test moves."""
    return ManualClock()


async def keep(clock: ManualClock, shelf: Any, seconds: float) -> None:
    """Look after a shelf for a while."""
    running = asyncio.create_task(Retention(shelf, shelf, clock, _DAY_S).run())
    await clock.run_for(seconds)
    running.cancel()
    await asyncio.wait([running])


async def test_what_is_older_than_the_config_says_is_forgotten(clock: ManualClock) -> None:
    """Looked for at the start, and once a minute."""
    now, shelf = clock.now(), Shelf(clock, 0)
    await keep(clock, shelf, 150.0)
    assert shelf.asked == [(at, now + at - _DAY_S) for at in (0.0, 60.0, 120.0)]


async def test_a_store_full_of_old_jobs_is_left_to_others_most_of_the_time(clock: ManualClock) -> None:
    """Three steps of a second each, and ten seconds between them; then once a minute again."""
    shelf = Shelf(clock, 3_000)
    await keep(clock, shelf, 100.0)
    assert [at for at, _ in shelf.asked] == [0.0, 11.0, 22.0, 33.0, 93.0]


async def test_nothing_is_forgotten_while_the_queue_stands_still_as_a_whole(clock: ManualClock) -> None:
    """It may be that it is copied; a stop of one API says nothing of that."""
    shelf = Shelf(clock, 3_000)
    shelf.stops = [Stop(Scope(EVERY), Standstill.PAUSED, "its jobs move", clock.now())]
    await keep(clock, shelf, 100.0)
    assert shelf.asked == []
    shelf.stops = [Stop(Scope("shop"), Standstill.PAUSED, "a person says so", clock.now())]
    await keep(clock, shelf, 100.0)
    assert shelf.old == 0
