"""The settler: batches by size or by time, told of once the queue has said yes."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from worker.errors import StoreBusyError
from worker.job import Lease, State
from worker.outcome import Delivered, Settlement
from worker.ports import Want
from worker.stages.settle import BATCH, WAIT_S, Settler

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]


async def settlements(b: "Bench", count: int) -> list[Settlement]:
    """Leases of so many new jobs, all delivered."""
    await b.submit(count)
    (ready,) = await b.store.queue.lanes()
    return [Settlement(lease, Delivered()) for lease in await b.queue.lease([Want(ready.lane, count)], 60.0)]


def settler(b: "Bench") -> Settler:
    """A settler of its own over the bench's queue."""
    return Settler(b.queue, b.bus, b.clock, lambda _lease: None)


async def test_a_few_are_written_together_after_a_moment(bench: Make) -> None:
    """Three within the time that it waits are one batch."""
    b = bench()
    it = settler(b)
    running = asyncio.create_task(it.run())
    for one in await settlements(b, 3):
        await it.put(one)
        await b.clock.run_for(WAIT_S / 10)
    assert b.queue.batches == []
    await b.clock.run_for(WAIT_S)
    assert b.queue.batches == [3]
    running.cancel()


async def test_many_are_written_at_once(bench: Make) -> None:
    """A full batch does not wait for the time; the rest of what came follows with it."""
    b = bench()
    it = settler(b)
    running = asyncio.create_task(it.run())
    for one in await settlements(b, BATCH + 10):
        await it.put(one)
    await b.clock.run_for(0.0)
    assert b.queue.batches == [BATCH, 10]
    assert it.pending == 0
    running.cancel()


async def test_nobody_hears_of_what_the_queue_has_not_confirmed(bench: Make) -> None:
    """Events come after the write, not before."""
    b = bench()
    it = settler(b)
    b.steps.stop_at = "settle"
    it.put_now((await settlements(b, 1))[0])
    flushing = asyncio.create_task(it.flush())
    await b.clock.run_for(1.0)
    assert b.told() == []
    b.steps.go_on()
    await flushing
    assert b.told() == ["JobDelivered"]


async def test_senders_wait_while_the_store_is_far_behind(bench: Make) -> None:
    """Sixteen batches may be pending; the next one waits for room."""
    b = bench()
    it = settler(b)
    several = await settlements(b, 16 * BATCH + 1)
    for one in several[: 16 * BATCH - 1]:
        await it.put(one)
    waiting = asyncio.create_task(it.put(several[-1]))
    await b.clock.run_for(1.0)
    assert not waiting.done()
    await it.flush()
    await waiting
    assert (await b.states())[State.DELIVERED] == 16 * BATCH


async def test_what_a_store_that_is_away_was_not_told_stays_pending(bench: Make) -> None:
    """Nobody hears of it; told again, it is written once."""
    b = bench()
    it = settler(b)
    it.put_now((await settlements(b, 1))[0])
    b.queue.failing["settle"] = [StoreBusyError("locked")]
    with pytest.raises(StoreBusyError):
        await it.flush()
    assert (it.pending, b.told()) == (1, [])
    await it.flush()
    assert (it.pending, b.told()) == (0, ["JobDelivered"])


async def test_several_may_wait_for_one_write(bench: Make) -> None:
    """Two flush at the same time: what is pending is written once, and both go on."""
    b = bench()
    it = settler(b)
    b.steps.stop_at = "settle"
    it.put_now((await settlements(b, 1))[0])
    flushing = [asyncio.create_task(it.flush()) for _ in range(2)]
    await b.clock.run_for(1.0)
    b.steps.go_on()
    await asyncio.gather(*flushing)
    assert (it.pending, b.told(), b.queue.batches) == (0, ["JobDelivered"], [1])


async def test_what_is_given_up_is_in_nobodys_hands(bench: Make) -> None:
    """Nothing is told of it, because nothing is known to have been written."""
    b = bench()
    freed: list[Lease] = []
    it = Settler(b.queue, b.bus, b.clock, freed.append)
    several = await settlements(b, 3)
    for one in several:
        it.put_now(one)
    assert it.give_up() == 3
    assert (it.pending, b.told()) == (0, [])
    assert freed == [one.lease for one in several]
