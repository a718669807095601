"""The fakes that ship: time and chance as a test wants them, and an ear on the bus."""

import asyncio

import pytest

from worker.events import Bus, LaneOpened, LaneStopped
from worker.job import Scope, Standstill, Stop
from worker.testing import FixedRandom, ManualClock, capture_events

_STOP = Stop(Scope("shop"), Standstill.CLOSED, "429", 1.0, 2.0)


async def test_sleepers_wake_in_their_order_when_time_is_advanced() -> None:
    """And not before."""
    clock = ManualClock()
    woken: list[float] = []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async with asyncio.TaskGroup() as group:
        for seconds in (3.0, 1.0, 2.0):
            group.create_task(sleeper(seconds))
        await clock.run_for(0.5)
        assert (woken, clock.sleepers) == ([], 3)
        await clock.run_for(1.5)
        assert woken == [1.0, 2.0]
        clock.advance(1)

    assert woken == [1.0, 2.0, 3.0]
    assert (clock.monotonic(), clock.now() - ManualClock().now(), clock.sleepers) == (3.0, 3.0, 0)


async def test_each_sleeper_acts_at_its_own_moment() -> None:
    """A loop that ticks each second ticks ten times in ten seconds."""
    clock = ManualClock()
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            await clock.sleep(1)
            ticks.append(clock.monotonic())

    task = asyncio.create_task(tick())
    await clock.run_for(10)
    task.cancel()

    assert ticks == [float(second) for second in range(1, 11)]


async def test_time_runs_until_a_thing_is_done() -> None:
    """Hours pass in no time; its answer comes back."""
    clock = ManualClock()

    async def slow() -> str:
        for _ in range(3):
            await clock.sleep(3600)
            await asyncio.to_thread(int)
        return "done"

    assert await clock.run_until(slow()) == "done"
    assert clock.monotonic() == 3 * 3600


async def test_a_thing_that_is_never_done_is_given_up() -> None:
    """After the clock's limit, not after ours."""
    clock = ManualClock()

    with pytest.raises(TimeoutError, match="not done after 5 s"):
        await clock.run_until(clock.sleep(6), limit_s=5)


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    """It neither counts nor holds time up."""
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(5))
    await clock.run_for(1)
    task.cancel()
    await clock.run_for(10)

    assert clock.sleepers == 0
    assert task.cancelled()


async def test_sleeping_for_nothing_yields() -> None:
    """As the real clock does."""
    clock = ManualClock()
    await clock.sleep(0)

    assert clock.monotonic() == 0


def test_the_wall_clock_can_be_set_back() -> None:
    """The monotonic one cannot."""
    clock = ManualClock(now=1000.0)
    clock.advance(5)
    clock.set_back(100)

    assert (clock.now(), clock.monotonic()) == (905.0, 5.0)


def test_dice_show_what_was_asked_for() -> None:
    """Over and over; tokens never repeat."""
    clock = ManualClock(dice=FixedRandom(0.25, 0.75))

    assert [clock.random() for _ in range(3)] == [0.25, 0.75, 0.25]
    assert ManualClock().random() == 0.5
    assert len({clock.token() for _ in range(9)}) == 9
    assert len(clock.token()) == 32


def test_events_are_captured_by_kind() -> None:
    """All kinds, or those that are named."""
    bus = Bus()
    everything, opened = capture_events(bus), capture_events(bus, LaneOpened)

    bus.emit(LaneStopped(_STOP))
    bus.emit(LaneOpened(_STOP))

    assert everything == [LaneStopped(_STOP), LaneOpened(_STOP)]
    assert opened == [LaneOpened(_STOP)]
