import pytest

from tests.unit.engine.failing import LANE, Desk, chosen, fail, mender
from worker.engine.change import setting
from worker.engine.choosing import Chosen, count, discard, each
from worker.engine.mending import Decision, revision
from worker.engine.replaying import Spread
from worker.failure import Failure, Selection
from worker.job import Lane, State
from worker.outcome import Cause, Problem
from worker.queues.memory import MemoryStore
from worker.testing import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Time that a test moves."""
    return ManualClock()


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    """A person at an empty ledger."""
    return Desk(MemoryStore(clock))


async def test_jobs_that_pass_after_the_edit_are_ready_again(desk: Desk) -> None:
    """The others stay where they are, with the reason."""
    await fail(desk.store, "1", '{"qty": 0}')
    await fail(desk.store, "2", '"no object"')
    done = await desk.replay("body.qty=3")
    assert (done.selected, done.changed, done.replayed, done.still_bad, done.rows) == (2, 1, 1, 1, 0)
    assert desk.told == [("2", "body.qty cannot be set: body is a single value and has no members")]
    assert await desk.ready() == [("1", {"qty": 3})]


async def test_counting_changes_nothing(desk: Desk) -> None:
    """What would be done is what is then done."""
    await fail(desk.store, "1", '{"qty": 0}')
    planned = await desk.replay("body.qty=3", only_count=True)
    assert await desk.store.queue.lanes() == []
    assert await desk.replay("body.qty=3") == planned


async def test_an_edit_that_does_not_help_changes_the_count_but_not_the_queue(desk: Desk) -> None:
    """The contract has the last word."""
    await fail(desk.store, "1", '{"qty": 0}')
    done = await desk.replay("body.qty=-1")
    assert (done.changed, done.replayed, done.still_bad) == (1, 0, 1)
    assert "-1 is less than 1" in desk.told[0][1]


async def test_without_edits_only_jobs_refused_for_their_content_are_checked_again(desk: Desk) -> None:
    """A contract may have changed since; a time-out says nothing about the content."""
    await fail(desk.store, "bad", '{"qty": 0}')
    await fail(desk.store, "good", '{"qty": 1}')
    await fail(desk.store, "late", '{"qty": 0}', Cause.TIMEOUT)
    done = await desk.replay()
    assert (done.selected, done.changed, done.replayed, done.still_bad) == (3, 0, 2, 1)
    assert desk.told[0][0] == "bad"


async def test_an_api_without_validation_takes_what_can_be_sent(desk: Desk) -> None:
    """``validation = "off"`` holds here as it does in a run."""
    await fail(desk.store, "1", '{"qty": 0}')
    done = await desk.replay(validation="off")
    assert done.replayed == 1


async def test_the_envelope_is_checked_too(desk: Desk) -> None:
    """An edit may break the job around a good body."""
    await fail(desk.store, "1", '{"qty": 1}')
    done = await desk.replay("deadline=tomorrow")
    assert done.still_bad == 1
    assert "#/deadline" in desk.told[0][1]


async def test_an_api_that_is_gone_keeps_its_jobs(desk: Desk) -> None:
    """Nobody could send them."""
    await fail(desk.store, "1", '{"qty": 1}')
    await desk.replay(api="other")
    assert "no API 'shop'" in desk.told[0][1]


async def test_rows_that_never_became_jobs_are_counted_apart(desk: Desk) -> None:
    """There is nothing to send."""
    row = Failure("row-1", Lane("shop", ""), Problem(Cause.MALFORMED, "intake", "t", "d"), None, 0.0)
    await desk.store.ledger.reject([row])
    done = await desk.replay()
    assert (done.selected, done.rows, done.replayed, done.still_bad) == (1, 1, 0, 0)


async def test_failures_that_came_after_the_choice_are_left_alone(desk: Desk) -> None:
    """A person agreed to what was counted, not to what a worker adds meanwhile."""
    await fail(desk.store, "1", '{"qty": 1}')
    early = Chosen(Selection(), 1.0)
    assert (await desk.replay(those=early)).selected == 0
    assert await discard(desk.store.ledger, early) == 0
    assert [failure.id async for failure in each(desk.store.ledger, chosen())] == ["1"]


def test_a_job_too_deep_to_be_written_again_stays() -> None:
    """It was read, but no edit of it can be."""
    deep = "[" * 500 + "]" * 500
    failure = Failure("1", LANE, Problem(Cause.INVALID, "validate", "t", "d"), None, 0.0, State.DEAD)
    payload = f'{{"id": "1", "body": {{"deep": {deep}}}}}'
    decision = mender().decide(failure, payload, revision([setting("body.qty=3")], []))
    assert decision == Decision(None, changed=False, reason="it is nested too deeply to be edited")


async def test_discarding_forgets_exactly_the_chosen(desk: Desk) -> None:
    """For good."""
    await fail(desk.store, "late", "{}", Cause.TIMEOUT)
    await fail(desk.store, "1", "{}")
    wrong = chosen(causes=frozenset({Cause.INVALID}))
    assert await count(desk.store.ledger, wrong) == 1
    assert await discard(desk.store.ledger, wrong) == 1
    assert [failure.id async for failure in each(desk.store.ledger, chosen())] == ["late"]


async def test_a_replay_can_be_spread_over_time(desk: Desk, clock: ManualClock) -> None:
    """So many a second, over all pages: fresh jobs are not swamped."""
    for number in range(4):
        await fail(desk.store, str(number), '{"qty": 1}', Cause.TIMEOUT)

    assert (await desk.replay(spread=Spread(clock.now() + 0.5, 2.0))).replayed == 4

    seen = []
    for _ in range(4):
        assert await desk.ready() == []
        clock.advance(0.5)
        await desk.store.queue.promote()
        seen += await desk.ready()
    assert [id_ for id_, _ in seen] == ["0", "1", "2", "3"]


async def test_a_job_that_is_not_to_go_before_a_time_waits_for_it(desk: Desk, clock: ManualClock) -> None:
    """``not_before`` means the same in an edit as in a file."""
    await fail(desk.store, "1", '{"qty": 1}')

    await desk.replay("not_before=2099-01-01T00:00:00Z")

    assert await desk.ready() == []
    wait_s = await desk.store.queue.promote()
    assert wait_s is not None
    clock.advance(wait_s)
    await desk.store.queue.promote()
    assert [id_ for id_, _ in await desk.ready()] == ["1"]


async def test_no_edit_makes_another_job_of_it(desk: Desk) -> None:
    """A patch can say so, and is told no."""
    await fail(desk.store, "1", '{"qty": 1}')
    failure = (await desk.store.ledger.failures(Selection()))[0][0]
    payload = (await desk.store.ledger.payloads(["1"]))["1"]

    decision = mender().decide(failure, payload, lambda job: {**job, "id": "2"})

    assert decision == Decision(
        None, changed=True, reason="id says which job this is and cannot be changed; submit a new job instead"
    )
