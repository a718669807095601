"""What every queue remembers of requests: that one may have left, and when a job was tried first."""

from typing import Any

import pytest

from worker.job import Lease
from worker.outcome import Dead, Delivered, Outcome, Parked, Released, Retry
from worker.ports import Edit


async def expired(desk: Any, *, sent: bool = True) -> Lease:
    """The lease after one whose request was about to leave, or was not, and whose worker died."""
    await desk.submit("a")
    lease = await desk.one()
    assert not lease.sent
    assert await desk.queue.renew([lease], 60, sent=sent) == [True]
    desk.clock.advance(61)
    await desk.queue.reclaim()
    return await desk.one()  # type: ignore[no-any-return]


@pytest.mark.parametrize("sent", [True, False])
async def test_the_next_lease_says_whether_a_request_may_have_left(desk: Any, *, sent: bool) -> None:
    """Only where somebody said so: a lease that merely ran out was not sent."""
    lease = await expired(desk, sent=sent)

    assert (lease.sent, lease.expiries) == (sent, 1)


async def test_a_later_renewal_does_not_forget_that_a_request_left(desk: Any) -> None:
    """Leases are renewed while requests are on their way."""
    await desk.submit("a")
    lease = await desk.one()
    await desk.queue.renew([lease], 60, sent=True)
    await desk.queue.renew([lease], 60)
    desk.clock.advance(61)
    await desk.queue.reclaim()

    assert (await desk.one()).sent


async def test_only_the_leases_that_hold_are_noted(desk: Any) -> None:
    """Somebody who lost a job cannot say what happens to it now."""
    await desk.submit("a", "b")
    lost = await desk.lease(1)
    desk.clock.advance(61)
    await desk.queue.reclaim()
    held = await desk.lease(lease_s=30)

    assert await desk.queue.renew([*lost, held[1]], 10, sent=True) == [False, True]
    desk.clock.advance(61)
    await desk.queue.reclaim()

    assert {lease.payload["id"]: lease.sent for lease in await desk.lease()} == {"a": False, "b": True}


@pytest.mark.parametrize("outcome", ["retry", "released"])
async def test_settling_forgets_that_a_request_left(desk: Any, outcome: str) -> None:
    """What became of it is known."""
    await desk.submit("a")
    lease = await desk.one()
    await desk.queue.renew([lease], 60, sent=True)
    outcomes: dict[str, Outcome] = {"retry": Retry(desk.problem(), 0), "released": Released("429")}
    await desk.settle(lease, outcomes[outcome], desk.attempt(429))

    assert not (await desk.one()).sent


async def test_a_lease_that_is_given_back_passes_on_what_it_was_told(desk: Any) -> None:
    """Nobody has found out yet what became of the first request."""
    await desk.settle(await expired(desk), Released("shutdown"))

    assert (await desk.one()).sent


async def test_sending_again_forgets_that_a_request_left(desk: Any) -> None:
    """A person has decided."""
    await desk.settle(await expired(desk), Parked(desk.problem()))
    await desk.ledger.replay([Edit("a")])

    assert not (await desk.one()).sent


async def test_a_retried_job_knows_when_it_was_tried_first(desk: Any) -> None:
    """From the first try on, which may be long ago; until a person sends it again."""
    await desk.submit("a")
    first_at = desk.clock.now()
    seen = []
    for end in (Retry(desk.problem(), 5), Retry(desk.problem(), 0), Dead(desk.problem())):
        lease = await desk.one()
        seen.append(lease.first_at)
        await desk.settle(lease, end, desk.attempt())
        desk.clock.advance(5)
        await desk.queue.promote()
    await desk.ledger.replay([Edit("a")])

    assert seen == [None, first_at, first_at]
    assert (await desk.one()).first_at is None


async def test_a_released_job_was_not_tried(desk: Any) -> None:
    """It was not charged either."""
    await desk.submit("a")
    await desk.settle(await desk.one(), Released("429"), desk.attempt(429))

    lease = await desk.one()
    assert lease.first_at is None
    await desk.settle(lease, Delivered())
