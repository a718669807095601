"""What every queue does for lanes whose jobs go one after the other, in the order of their acceptance."""

from typing import Any

import pytest

from worker.job import Lane, State
from worker.outcome import Dead, Delivered, Outcome, Parked, Problem, Released, Retry
from worker.ports import Edit, Ready, Want

OTHER = Lane("shop", "refund", "tenant-7")


async def test_jobs_go_one_at_a_time_in_the_order_of_acceptance(desk: Any) -> None:
    """However many are wanted, and whatever their priority: the next one goes when the last one is done."""
    for id_, priority in (("a", 0), ("b", 9), ("c", -1), ("d", 9)):
        await desk.submit(id_, priority=priority)

    went = []
    while (id_ := await desk.next()) is not None:
        went.append(id_)
        assert await desk.next() is None
        await desk.settle(desk.held, Delivered())

    assert went == ["a", "b", "c", "d"]


async def test_one_lane_in_order_does_not_hold_up_others(desk: Any) -> None:
    """Each lane has a holder of its own, and lanes without order give as many as ever."""
    await desk.submit("a", "b")
    await desk.submit("c", "d", lane=OTHER)
    await desk.next()

    leases = await desk.queue.lease([Want(desk.lane, 5, ordered=True), Want(OTHER, 5)], 60)

    assert [lease.payload["id"] for lease in leases] == ["c", "d"]


async def test_a_lane_that_is_named_twice_gives_one_job_in_order(desk: Any) -> None:
    """Also where only one of the wants asks for order."""
    await desk.submit("a", "b", "c")

    leases = await desk.queue.lease([Want(desk.lane, 1, ordered=True), Want(desk.lane, 2)], 60)

    assert [lease.payload["id"] for lease in leases] == ["a"]


async def test_a_job_that_waits_for_its_next_try_holds_its_lane(desk: Any) -> None:
    """Nothing goes meanwhile; then it goes before all others."""
    await desk.submit("a", "b")
    await desk.next()
    await desk.settle(desk.held, Retry(desk.problem(), 5), desk.attempt())

    assert await desk.next() is None
    desk.clock.advance(5)
    await desk.queue.promote()
    assert await desk.next() == "a"


@pytest.mark.parametrize("outcome", ["at once", "released", "expired"])
async def test_a_job_that_comes_back_goes_before_all_others(desk: Any, outcome: str) -> None:
    """After a try, after a release and after a worker died; also before an older one that became due meanwhile."""
    await desk.submit("older", at=desk.clock.now() + 60)
    await desk.submit("a", "b")
    await desk.next()
    desk.clock.advance(61)
    await desk.queue.promote()
    if outcome == "expired":
        await desk.queue.reclaim()
    else:
        await desk.settle(desk.held, Released("shutdown") if outcome == "released" else Retry(desk.problem(), 0))

    went = []
    for _ in range(3):
        went.append(await desk.next())
        await desk.settle(desk.held, Delivered())

    assert went == ["a", "older", "b"]


async def test_a_job_for_later_holds_nobody_up(desk: Any) -> None:
    """``not_before`` is the submitter's wish; order is among those that may go."""
    await desk.submit("later", at=desk.clock.now() + 60)
    await desk.submit("now")

    assert await desk.next() == "now"


@pytest.mark.parametrize("outcome", [Delivered(), "dead", "parked"])
async def test_a_job_that_has_ended_frees_its_lane(desk: Any, outcome: Outcome | str) -> None:
    """Whether it was delivered or not."""
    problem: Problem = desk.problem()
    ends: dict[str, Outcome] = {"dead": Dead(problem), "parked": Parked(problem)}
    await desk.submit("a", "b")
    await desk.next()

    await desk.settle(desk.held, ends[outcome] if isinstance(outcome, str) else outcome)

    assert await desk.next() == "b"


@pytest.mark.parametrize("due_in_s", [None, 60.0])
async def test_a_failed_job_that_is_sent_again_takes_its_place_among_the_others(
    desk: Any, due_in_s: float | None
) -> None:
    """It does not hold its lane while it waits for its time, and does not break into a job that is on its way."""
    await desk.submit("a", "b", "c")
    await desk.next()
    await desk.settle(desk.held, Dead(desk.problem()))
    await desk.ledger.replay([Edit("a", due_at=due_in_s and desk.clock.now() + due_in_s)])

    assert await desk.next() == ("a" if due_in_s is None else "b")
    assert await desk.next() is None
    await desk.settle(desk.held, Delivered())
    assert await desk.next() == ("b" if due_in_s is None else "c")


async def test_a_failed_job_that_moves_to_another_lane_leaves_its_own_free(desk: Any) -> None:
    """And waits in the other like any job."""
    await desk.submit("a", "b")
    await desk.submit("c", lane=OTHER)
    await desk.next()
    await desk.settle(desk.held, Dead(desk.problem()))

    await desk.ledger.replay([Edit("a", desk.entry("a", OTHER).payload)])

    assert await desk.next() == "b"
    assert [await desk.next(OTHER), await desk.next(OTHER)] == ["a", None]


async def test_a_failed_job_that_is_discarded_frees_its_lane(desk: Any) -> None:
    """Its id may come again, as a new job."""
    await desk.submit("a", "b")
    await desk.next()
    await desk.settle(desk.held, Dead(desk.problem()))
    await desk.ledger.discard(["a"])
    await desk.submit("a")

    assert await desk.next() == "b"


async def test_a_lane_that_cannot_give_is_not_offered(desk: Any) -> None:
    """While its job is leased or waits for its next try, and no longer."""
    await desk.submit("a", "b", "c")
    assert await desk.queue.lanes() == [Ready(desk.lane, 3)]

    await desk.next()
    assert await desk.queue.lanes() == []
    await desk.settle(desk.held, Retry(desk.problem(), 5))
    assert await desk.queue.lanes() == []
    desk.clock.advance(5)
    await desk.queue.promote()

    assert await desk.queue.lanes() == [Ready(desk.lane, 3)]
    await desk.next()
    await desk.settle(desk.held, Delivered())
    assert await desk.queue.lanes() == [Ready(desk.lane, 2)]


async def test_without_order_a_lane_gives_what_is_wanted_again(desk: Any) -> None:
    """Once the job that held it has ended: the config may change."""
    await desk.submit("a", "b", "c")
    await desk.next()
    await desk.settle(desk.held, Delivered())

    assert len(await desk.lease()) == 2
    assert await desk.states() == {State.DELIVERED: 1, State.LEASED: 2}
