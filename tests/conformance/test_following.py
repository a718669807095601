"""What every queue does with jobs that follow from an outcome."""

from typing import Any

from worker.job import Lane, State
from worker.outcome import Delivered, Released, Settlement

HOOKS = Lane("shop.callbacks", "on_delivered")


async def test_what_follows_is_queued_with_the_outcome(desk: Any) -> None:
    """One job for each settlement that has one, in a lane that need not have been there."""
    await desk.submit("a", "b", "c")
    a, b, c = await desk.lease()

    settled = await desk.queue.settle(
        [
            Settlement(a, Delivered(), follow=desk.entry("a.done", HOOKS)),
            Settlement(b, Delivered()),
            Settlement(c, Released("shutdown"), follow=desk.entry("c.later", HOOKS, at=desk.clock.now() + 5)),
        ]
    )

    assert settled == [True, True, True]
    assert [lease.payload["id"] for lease in await desk.lease(lane=HOOKS)] == ["a.done"]
    assert await desk.states() == {State.DELIVERED: 2, State.READY: 1, State.LEASED: 1, State.DELAYED: 1}


async def test_nothing_follows_from_a_lease_that_was_lost(desk: Any) -> None:
    """Nor from the second of two settlements of one lease."""
    await desk.submit("a")
    a = await desk.one()
    desk.clock.advance(61)
    await desk.queue.reclaim()
    await desk.one()
    await desk.submit("b")
    b = await desk.one()

    settled = await desk.queue.settle(
        [
            Settlement(a, Delivered(), follow=desk.entry("a.done", HOOKS)),
            Settlement(b, Delivered(), follow=desk.entry("b.done", HOOKS)),
            Settlement(b, Delivered(), follow=desk.entry("b.again", HOOKS)),
        ]
    )

    assert settled == [False, True, True]
    assert [lease.payload["id"] for lease in await desk.lease(lane=HOOKS)] == ["b.done"]


async def test_what_follows_is_taken_once(desk: Any) -> None:
    """Its id means what every job's id means: the second is left out, and the outcome stands."""
    await desk.submit("a", "b")
    a, b = await desk.lease()
    follow = desk.entry("done", HOOKS)

    settled = await desk.queue.settle([Settlement(one, Delivered(), follow=follow) for one in (a, b)])

    assert settled == [True, True]
    assert await desk.states() == {State.DELIVERED: 2, State.READY: 1}
