"""What every store says of its lanes: how many jobs of each may be leased, and how many are unfinished."""

from typing import Any

from worker.failure import LaneCounts
from worker.job import Lane
from worker.outcome import Delivered
from worker.ports import MOST_COUNTED, Ready


async def test_lanes_count_what_is_ready_delayed_and_leased(desk: Any) -> None:
    """Each lane says how many jobs of each unfinished state it has, in the order of the lanes' names."""
    other = Lane("shop", "order", "tenant-7")
    await desk.submit("a", "b", "c")
    await desk.submit("d", at=desk.clock.now() + 60)
    await desk.submit("e", lane=other)
    await desk.lease(most=1)

    counts = await desk.ledger.lanes()

    assert counts == [LaneCounts(desk.lane, 2, 1, 1), LaneCounts(other, 1, 0, 0)]


async def test_a_lane_whose_jobs_are_all_done_is_not_named(desk: Any) -> None:
    """Only unfinished jobs make a lane worth naming."""
    await desk.submit("a")
    await desk.settle(await desk.one(), Delivered())

    assert await desk.ledger.lanes() == []


async def test_ready_jobs_are_counted_lane_by_lane_and_not_without_end(desk: Any) -> None:
    """Only those that may be leased now; of many no more than a lease takes."""
    other = Lane("shop", "order", "tenant-7")
    await desk.submit(*map(str, range(MOST_COUNTED + 1)))
    await desk.submit("a", "b", "c", lane=other)
    await desk.submit("later", lane=other, at=desk.clock.now() + 60)
    await desk.lease(most=1, lane=other)

    assert set(await desk.queue.lanes()) == {Ready(desk.lane, MOST_COUNTED), Ready(other, 2)}


async def test_ten_thousand_lanes_are_all_named(desk: Any) -> None:
    """A queue with a key for every tenant."""
    lanes = [Lane("shop", "order", f"tenant-{number}") for number in range(10_000)]
    await desk.queue.enqueue([desk.entry(str(number), lane) for number, lane in enumerate(lanes)])

    assert set(await desk.queue.lanes()) == {Ready(lane, 1) for lane in lanes}
