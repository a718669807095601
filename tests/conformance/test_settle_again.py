"""What every queue does with a settlement that is asked for again because its answer was lost."""

from typing import TYPE_CHECKING

import pytest

from worker.job import State
from worker.outcome import Dead, Delivered, Outcome, Parked, Released, Retry, Settlement
from worker.ports import Edit

if TYPE_CHECKING:
    from tests.conformance.conftest import Desk

ENDS = {
    "delivered": State.DELIVERED,
    "dead": State.DEAD,
    "parked": State.PARKED,
    "retry": State.DELAYED,
    "released": State.READY,
}


def outcome(desk: "Desk", end: str) -> Outcome:
    """An outcome of each kind."""
    problem = desk.problem()
    outcomes: dict[str, Outcome] = {
        "delivered": Delivered(),
        "dead": Dead(problem),
        "parked": Parked(problem),
        "retry": Retry(problem, 5.0),
        "released": Released("shutdown"),
    }
    return outcomes[end]


@pytest.mark.parametrize("end", ENDS)
async def test_a_settlement_that_is_repeated_is_true_and_recorded_once(desk: "Desk", end: str) -> None:
    """Nothing of the job has changed: neither its state, nor its history, nor what it is charged with."""
    await desk.submit("a")
    batch = [Settlement(await desk.one(), outcome(desk, end), desk.attempt())]
    first = await desk.queue.settle(batch)
    before = await desk.states(), await desk.failures(), await desk.ledger.results(), await desk.ledger.endings()
    desk.clock.advance(1.0)

    assert [first, await desk.queue.settle(batch)] == [[True], [True]]
    after = await desk.states(), await desk.failures(), await desk.ledger.results(), await desk.ledger.endings()
    assert after == before
    assert after[0] == {ENDS[end]: 1}


async def test_a_retry_that_is_repeated_charges_once_and_keeps_its_time(desk: "Desk") -> None:
    """Also after the job has become ready meanwhile."""
    await desk.submit("a")
    batch = [Settlement(await desk.one(), Retry(desk.problem(), 5.0), desk.attempt())]
    await desk.queue.settle(batch)
    desk.clock.advance(4.0)
    await desk.queue.settle(batch)
    assert await desk.queue.promote() == 1.0
    desk.clock.advance(1.0)
    await desk.queue.promote()

    assert await desk.queue.settle(batch) == [True]
    assert (await desk.one()).attempts == 1


async def test_what_followed_from_a_settlement_does_not_follow_twice(desk: "Desk") -> None:
    """Even where it is gone already."""
    await desk.submit("a")
    batch = [Settlement(await desk.one(), Delivered(), desk.attempt(200), follow=desk.entry("callback:a"))]
    await desk.queue.settle(batch)
    await desk.settle(await desk.one(), Dead(desk.problem()))
    await desk.ledger.discard(["callback:a"])

    assert await desk.queue.settle(batch) == [True]
    assert await desk.states() == {State.DELIVERED: 1}


async def test_a_batch_may_be_new_in_part(desk: "Desk") -> None:
    """Each settlement is answered for itself; a lease that stands twice in the batch is recorded as it stands first."""
    await desk.submit("a", "b", "c")
    a, b, c = await desk.lease()
    await desk.settle(a, Delivered())
    dead = Dead(desk.problem())

    settled = await desk.queue.settle([Settlement(one, dead) for one in (a, b, c)] + [Settlement(b, Delivered())])

    assert settled == [True] * 4
    assert await desk.states() == {State.DELIVERED: 1, State.DEAD: 2}


@pytest.mark.parametrize("again", ["reclaimed", "leased", "leased and settled"])
async def test_whoever_lost_the_lease_settles_nothing_however_often(desk: "Desk", again: str) -> None:
    """A lease that ran out was not settled, whatever has become of the job since."""
    await desk.submit("a")
    lost = await desk.one()
    desk.clock.advance(61)
    await desk.queue.reclaim()
    if again != "reclaimed":
        held = await desk.one()
        if again == "leased and settled":
            await desk.settle(held, Dead(desk.problem()))
    before = await desk.states()

    assert [await desk.settle(lost, Delivered()) for _ in range(2)] == [False, False]
    assert await desk.states() == before


async def test_a_settlement_counts_until_the_job_is_leased_again(desk: "Desk") -> None:
    """Then another speaks for it, also after its own lease has run out."""
    await desk.submit("a")
    first = await desk.one()
    await desk.settle(first, Released("shutdown"))
    await desk.one()
    assert not await desk.settle(first, Released("shutdown"))
    desk.clock.advance(61)
    await desk.queue.reclaim()

    assert not await desk.settle(first, Delivered())
    assert await desk.states() == {State.READY: 1}


@pytest.mark.parametrize("end", ["dead", "parked"])
async def test_a_person_who_sends_a_job_again_ends_what_was_settled(desk: "Desk", end: str) -> None:
    """The old lease has nothing to say any more, and changes nothing."""
    await desk.submit("a")
    lease = await desk.one()
    await desk.settle(lease, outcome(desk, end))
    await desk.ledger.replay([Edit("a")])

    assert not await desk.settle(lease, Delivered())
    assert await desk.states() == {State.READY: 1}


async def test_a_job_that_was_resolved_or_discarded_stays_so(desk: "Desk") -> None:
    """A settlement that is repeated brings nothing back."""
    await desk.submit("a", "b")
    leases = await desk.lease()
    parked = [Settlement(lease, Parked(desk.problem())) for lease in leases]
    await desk.queue.settle(parked)
    await desk.ledger.resolve(["a"], desk.clock.now())
    await desk.ledger.discard(["b"])

    assert await desk.queue.settle(parked) == [True, False]
    assert await desk.states() == {State.DELIVERED: 1}


async def test_a_renewal_may_be_repeated(desk: "Desk") -> None:
    """It prolongs from now, and what is about to leave stays so."""
    await desk.submit("a")
    lease = await desk.one()

    assert await desk.queue.renew([lease], 60, sent=True) == [True]
    assert await desk.queue.renew([lease], 60, sent=True) == [True]
    desk.clock.advance(61)
    await desk.queue.reclaim()
    assert await desk.queue.renew([lease], 60, sent=True) == [False]
    assert (await desk.one()).sent
