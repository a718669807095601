"""What every ledger does when a person knows what became of parked jobs, or says when failed ones go again."""

from typing import Any

from worker.failure import Counts
from worker.job import State
from worker.outcome import Cause, Dead, Parked, Retry
from worker.ports import Accepted, Edit


async def test_a_parked_job_is_delivered_on_a_persons_word(desk: Any) -> None:
    """It is no failure any more, and has a result with the attempts that were made, without an answer."""
    await desk.submit("a", meta={"row": 1})
    await desk.settle(await desk.one(), Retry(desk.problem(), 0), desk.attempt(500))
    await desk.settle(await desk.one(), Parked(desk.problem(Cause.UNKNOWN)), desk.attempt(None))

    assert await desk.ledger.resolve(["a"], 77.0) == 1

    assert await desk.failures() == []
    assert await desk.states() == {State.DELIVERED: 1}
    ((result,), _) = await desk.ledger.results()
    assert (result.id, result.status, result.reply, result.elapsed_ms) == ("a", None, None, 0.0)
    assert (result.attempts, result.meta, result.delivered_at) == (2, {"row": 1}, 77.0)
    counts: Counts = await desk.ledger.counts()
    assert not counts.failures.get(Cause.UNKNOWN, 0)


async def test_only_parked_jobs_are_resolved(desk: Any) -> None:
    """What is dead was not delivered for certain; what is ready is still to be sent."""
    await desk.fail("parked", parked=True)
    await desk.fail("dead")
    await desk.submit("ready")

    assert await desk.ledger.resolve(["dead", "ready", "unknown", "parked", "parked"], 1.0) == 1
    assert await desk.ledger.resolve([], 1.0) == 0

    assert await desk.states() == {State.DELIVERED: 1, State.DEAD: 1, State.READY: 1}


async def test_a_resolved_job_is_as_good_as_delivered(desk: Any) -> None:
    """It cannot be sent again, resolved again or discarded, and its id stays taken."""
    await desk.fail("a", parked=True, body=1)
    await desk.ledger.resolve(["a"], 1.0)

    assert await desk.ledger.resolve(["a"], 2.0) == 0
    assert await desk.ledger.replay([Edit("a")]) == 0
    assert await desk.ledger.discard(["a"]) == 0
    assert await desk.submit("a", body=1) == Accepted(0, duplicates=(0,))
    assert [one.delivered_at for one in (await desk.ledger.results())[0]] == [1.0]


async def test_a_job_that_is_sent_again_later_waits_for_its_time(desk: Any) -> None:
    """And comes in its turn: a replay can be spread over hours."""
    await desk.fail("a", "b", "c")
    now = desk.clock.now()

    assert await desk.ledger.replay([Edit("a", due_at=now + 2), Edit("b", due_at=now + 1), Edit("c")]) == 3

    assert await desk.states() == {State.READY: 1, State.DELAYED: 2}
    assert await desk.queue.promote() == 1.0
    desk.clock.advance(1)
    await desk.queue.promote()
    assert [lease.payload["id"] for lease in await desk.lease()] == ["b", "c"]
    desk.clock.advance(1)
    await desk.queue.promote()
    await desk.settle(await desk.one(), Dead(desk.problem()))
    assert [failure.id for failure in await desk.failures()] == ["a"]
