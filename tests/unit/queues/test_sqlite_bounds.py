"""No statement is long, no answer is huge: what is too much for one goes into several."""

from worker.failure import Selection
from worker.job import Entry, Lane, State
from worker.outcome import Cause, Dead, Delivered, Problem, Settlement
from worker.ports import Accepted, Want
from worker.queues.sqlite import SqliteStore
from worker.testing import ManualClock

LANE = Lane("shop", "order")


def big(count: int, chars: int = 1_000_000) -> list[Entry]:
    """Jobs with big bodies."""
    body = "x" * chars
    return [Entry(str(number), LANE, f'{{"id":"{number}","body":"{body}"}}') for number in range(count)]


async def test_many_due_jobs_are_promoted_in_several_steps(store: SqliteStore, clock: ManualClock) -> None:
    """As long as some are left over, more are due at once."""
    later = clock.now() + 1
    await store.queue.enqueue([Entry(str(number), LANE, "{}", 0, later) for number in range(5_001)])
    clock.advance(1)

    assert await store.queue.promote() == 0.0
    assert (await store.ledger.counts()).states[State.READY] == 5_000
    assert await store.queue.promote() is None
    assert (await store.ledger.counts()).states[State.READY] == 5_001


async def test_a_batch_too_big_for_one_statement_is_still_one_batch(store: SqliteStore) -> None:
    """Duplicates and conflicts are told by their places in the whole batch."""
    entries = big(20)
    twice = [*entries, entries[18], entries[1], Entry("3", LANE, "{}"), Entry("new", LANE, "{}")]

    assert await store.queue.enqueue(twice) == Accepted(21, duplicates=(20, 21), conflicts=(22,))


async def test_a_lease_holds_only_so_much(store: SqliteStore) -> None:
    """What does not fit stays ready; a job that is too big for any answer comes alone."""
    await store.queue.enqueue([*big(40), Entry("huge", LANE, f'{{"body":"{"x" * 40_000_000}"}}')])

    sizes = []
    while leases := await store.queue.lease([Want(LANE, 100)], 60):
        sizes.append(len(leases))
        counts = await store.ledger.counts()
        assert counts.states[State.READY] + counts.states[State.LEASED] == 41

    assert sizes == [31, 9, 1]


async def test_pages_of_big_jobs_are_short_and_complete(store: SqliteStore) -> None:
    """A page that is shorter than its limit still says how to go on."""
    await store.queue.enqueue(big(40))
    dead = Dead(Problem(Cause.INVALID, "validate", "no", "no"))
    while leases := await store.queue.lease([Want(LANE, 100)], 60):
        outcomes = (dead if int(lease.payload["id"]) % 10 else Delivered() for lease in leases)
        await store.queue.settle([Settlement(lease, end) for lease, end in zip(leases, outcomes, strict=True)])

    first, after = await store.ledger.failures(Selection())
    assert after is not None
    second, end = await store.ledger.failures(Selection(), after)

    assert (len(first), len(second), end) == (31, 5, None)
    assert len((await store.ledger.results())[0]) == 4
