"""What every ledger says of its lanes: how many unfinished jobs each has."""

from typing import Any

from worker.failure import LaneCounts
from worker.job import Lane
from worker.outcome import Delivered


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
