"""What every queue does: product.md's diagram of what happens to a job, transition by transition."""

from typing import TYPE_CHECKING

import pytest

from worker.job import Lane, State
from worker.outcome import Dead, Delivered, Outcome, Parked, Released, Retry, Settlement
from worker.ports import Accepted, Ready, Want

if TYPE_CHECKING:
    from tests.conformance.conftest import Desk

OTHER = Lane("shop", "refund", "tenant-7")


async def test_an_accepted_job_is_ready_and_its_lane_has_work(desk: "Desk") -> None:
    """A new job can be leased, with its content as it was submitted."""
    accepted = await desk.submit("a", body={"qty": 2})

    assert accepted == Accepted(1)
    assert await desk.queue.lanes() == [Ready(desk.lane, 1)]
    lease = await desk.one()
    assert (lease.lane, lease.payload["id"], lease.payload["body"]) == (desk.lane, "a", {"qty": 2})
    assert (lease.attempts, lease.expiries, lease.source) == (0, 0, None)


async def test_a_leased_job_is_in_nobody_elses_hands(desk: "Desk") -> None:
    """A second lease of the lane gets nothing, and the lane has no work left."""
    await desk.submit("a")
    await desk.one()

    assert await desk.lease() == []
    assert await desk.queue.lanes() == []
    assert await desk.states() == {State.LEASED: 1}


async def test_the_highest_priority_goes_first_then_the_oldest(desk: "Desk") -> None:
    """Priority orders inside a lane; equals go in the order of acceptance."""
    jobs = [("a", 0), ("b", 5), ("c", -1), ("d", 5), ("e", 0)]
    await desk.queue.enqueue([desk.entry(id_, priority=priority) for id_, priority in jobs])

    first, rest = await desk.lease(2), await desk.lease()

    assert [lease.payload["id"] for lease in (*first, *rest)] == ["b", "d", "a", "e", "c"]


async def test_a_lease_takes_no_more_of_each_lane_than_was_wanted(desk: "Desk") -> None:
    """Wants are per lane; unknown lanes and wants of nothing give nothing; a lane named twice gives both wants."""
    await desk.queue.enqueue([desk.entry(f"a{n}") for n in range(5)] + [desk.entry(f"b{n}", OTHER) for n in range(5)])
    wants = [Want(OTHER, 1), Want(desk.lane, 2), Want(Lane("no", "where"), 3), Want(OTHER, 1)]

    leases = await desk.queue.lease(wants, 60)

    assert sorted(lease.payload["id"] for lease in leases) == ["a0", "a1", "b0", "b1"]
    assert await desk.queue.lease([Want(desk.lane, 0), Want(OTHER, -1)], 60) == []
    assert {str(one.lane) for one in await desk.queue.lanes()} == {"shop/order", "shop/refund/tenant-7"}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Delivered(), State.DELIVERED),
        ("dead", State.DEAD),
        ("parked", State.PARKED),
        ("retry", State.DELAYED),
        ("at once", State.READY),
        (Released("shutdown"), State.READY),
    ],
)
async def test_a_settled_job_is_where_its_outcome_puts_it(desk: "Desk", outcome: Outcome | str, state: State) -> None:
    """Each outcome has one state, and the lease is over: what else is said of it changes nothing."""
    problem = desk.problem()
    outcomes: dict[str, Outcome] = {
        "dead": Dead(problem),
        "parked": Parked(problem),
        "retry": Retry(problem, 5),
        "at once": Retry(problem, 0),
    }
    await desk.submit("a")
    lease = await desk.one()

    settled = await desk.settle(lease, outcomes[outcome] if isinstance(outcome, str) else outcome)

    assert settled
    assert await desk.states() == {state: 1}
    await desk.settle(lease, Delivered())
    assert await desk.states() == {state: 1}


async def test_a_retried_job_waits_and_is_charged(desk: "Desk") -> None:
    """A retry is due after its delay, goes back to its old place, and has one attempt more."""
    await desk.submit("a", "b")
    (lease,) = await desk.lease(1)
    await desk.settle(lease, Retry(desk.problem(), 5.0), desk.attempt())

    desk.clock.advance(4)
    assert await desk.queue.promote() == 1.0
    desk.clock.advance(1)
    assert await desk.queue.promote() is None

    again = await desk.lease()
    assert [(lease.payload["id"], lease.attempts) for lease in again] == [("a", 1), ("b", 0)]
    assert again[0].fence > lease.fence


async def test_a_released_job_is_charged_with_nothing(desk: "Desk") -> None:
    """Not even with the request that was made."""
    await desk.submit("a")
    await desk.settle(await desk.one(), Released("shutdown"), desk.attempt(429))

    lease = await desk.one()
    assert (lease.attempts, lease.expiries) == (0, 0)


async def test_a_released_job_may_let_others_go_first(desk: "Desk") -> None:
    """It waits its time, is charged with nothing, and goes back to its old place."""
    await desk.submit("a", "b")
    await desk.settle((await desk.lease(1))[0], Released("its lane is tried out", 5.0), desk.attempt(500))
    (other,) = await desk.lease()
    assert other.payload["id"] == "b"
    assert await desk.queue.promote() == 5.0

    desk.clock.advance(5)
    await desk.queue.promote()
    lease = await desk.one()
    assert (lease.payload["id"], lease.attempts, lease.first_at, lease.sent) == ("a", 0, None, False)


async def test_a_job_for_later_is_delayed_until_its_time(desk: "Desk") -> None:
    """``not_before`` in the future delays; in the past it is nothing."""
    now = desk.clock.now()
    await desk.queue.enqueue(
        [desk.entry("later", at=now + 10), desk.entry("sooner", at=now + 3), desk.entry("now", at=now)]
    )

    assert [lease.payload["id"] for lease in await desk.lease()] == ["now"]
    assert await desk.queue.promote() == 3.0
    desk.clock.advance(5)
    assert await desk.queue.promote() == 5.0
    assert [lease.payload["id"] for lease in await desk.lease()] == ["sooner"]
    assert await desk.states() == {State.LEASED: 2, State.DELAYED: 1}


async def test_a_lease_that_ran_out_is_reclaimed_once(desk: "Desk") -> None:
    """The job is ready again, the expiry counted, no attempt charged; a live lease is left alone."""
    await desk.submit("a", "b")
    await desk.lease(1, lease_s=10)
    await desk.lease(1, lease_s=100)

    assert await desk.queue.reclaim() == 0
    desk.clock.advance(11)
    assert await desk.queue.reclaim() == 1
    assert await desk.queue.reclaim() == 0

    lease = await desk.one()
    assert (lease.payload["id"], lease.attempts, lease.expiries) == ("a", 0, 1)


async def test_a_renewed_lease_lasts(desk: "Desk") -> None:
    """From the moment of the renewal; a lost lease cannot be renewed."""
    await desk.submit("a")
    lease = await desk.one()
    desk.clock.advance(50)

    assert await desk.queue.renew([lease, lease], 60) == [True, True]
    desk.clock.advance(50)
    assert await desk.queue.reclaim() == 0
    desk.clock.advance(11)
    assert await desk.queue.reclaim() == 1
    assert await desk.queue.renew([lease], 60) == [False]


async def test_a_lost_lease_settles_nothing(desk: "Desk") -> None:
    """Whoever comes back after the job was given to another changes nothing, and the other is not disturbed."""
    await desk.submit("a")
    lost = await desk.one()
    desk.clock.advance(61)
    await desk.queue.reclaim()
    held = await desk.one()

    assert not await desk.settle(lost, Dead(desk.problem()), desk.attempt())
    assert await desk.failures() == []
    assert await desk.states() == {State.LEASED: 1}
    assert await desk.settle(held, Delivered())


async def test_a_lost_lease_does_not_hinder_the_live_one_in_the_same_batch(desk: "Desk") -> None:
    """A worker that lost a job and got it again may settle both leases at once, in either order."""
    await desk.submit("a", "b")
    lost = await desk.lease()
    desk.clock.advance(61)
    await desk.queue.reclaim()
    live = await desk.lease()

    settled = await desk.queue.settle(
        [Settlement(lease, Delivered()) for lease in (lost[0], live[0], live[1], lost[1])]
    )

    assert settled == [False, True, True, False]


async def test_an_overdue_lease_that_nobody_reclaimed_still_holds(desk: "Desk") -> None:
    """A slow worker is not punished while nobody else has the job."""
    await desk.submit("a")
    lease = await desk.one()
    desk.clock.advance(1000)

    assert await desk.settle(lease, Delivered(), desk.attempt(200))


async def test_a_batch_of_outcomes_is_answered_in_its_order(desk: "Desk") -> None:
    """Lost leases, and one that is settled twice in a batch, do not hinder the others."""
    await desk.submit("b")
    b = await desk.one()
    desk.clock.advance(61)
    await desk.queue.reclaim()
    held = await desk.one()
    await desk.submit("a", "c", "d")
    a, c, d = await desk.lease()
    await desk.settle(held, Delivered())
    problem = desk.problem()

    settled = await desk.queue.settle(
        [
            Settlement(a, Dead(problem)),
            Settlement(b, Delivered()),
            Settlement(c, Retry(problem, 1)),
            Settlement(a, Delivered()),
            Settlement(d, Parked(problem)),
        ]
    )

    assert settled == [True, False, True, True, True]
    assert await desk.states() == {State.DEAD: 1, State.DELIVERED: 1, State.DELAYED: 1, State.PARKED: 1}


async def test_nothing_asked_is_nothing_done(desk: "Desk") -> None:
    """Batches of no length."""
    assert await desk.queue.enqueue([]) == Accepted(0)
    assert await desk.queue.lease([], 60) == []
    assert await desk.queue.settle([]) == []
    assert await desk.queue.renew([], 60) == []
    assert await desk.queue.promote() is None
    assert await desk.queue.reclaim() == 0
    assert await desk.queue.lanes() == []
