"""A store that goes away and comes back: nothing is lost, nothing is sent twice, and people are told once."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from tests.unit.engine.emptiness import assert_empty, left_over
from worker.engine.bookkeeping import Bookkeeper
from worker.engine.outage import Outage
from worker.errors import StoreBusyError, StoreError, StoreGoneError
from worker.job import Lane, State
from worker.limits.budget import from_settings
from worker.outcome import Answer, Delivered, Settlement
from worker.ports import Ask, Correction, Want
from worker.settings import LimitSettings
from worker.stages.settle import BATCH

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

_OFTEN = from_settings(LimitSettings(rate=100, per_s=1))
_LANE = Lane("shop", "put")


def told(lines: list[Any]) -> list[str]:
    """What the log says of the store."""
    return [line["event"] for line in lines if line["event"].startswith("store_")]


@pytest.mark.parametrize(
    ("limits", "operation", "error"),
    [({}, "put", StoreGoneError), ({"shop": [_OFTEN]}, "post", StoreBusyError)],
    ids=["unlimited", "limited and marked"],
)
async def test_a_worker_goes_on_where_it_was_when_the_store_is_back(
    bench: Make, limits: Any, operation: str, error: type[Any]
) -> None:
    """Away for ten seconds in the middle of the work: every job is sent once, and each state is as it should be."""
    b = bench(limits=limits, concurrency=16)
    b.transport.delay_s = 0.5
    b.line.error = error
    await b.submit(100, operation)
    with structlog.testing.capture_logs() as lines:
        running = asyncio.create_task(b.runner.run(b.finish))
        await b.clock.run_for(0.7)
        b.line.cut = True
        await b.clock.run_for(10.0)
        assert not running.done()
        b.line.cut = False
        await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 100}
    assert len(b.transport.requests) == 100
    assert b.told().count("JobDelivered") == 100
    assert "LeaseLost" not in b.told()
    assert told(lines) == ["store_gone", "store_back"]
    b.check_that_nothing_is_left()


async def test_people_are_told_for_how_long_the_store_was_away(bench: Make) -> None:
    """And why, in the store's own words."""
    b = bench()
    with structlog.testing.capture_logs() as lines:
        running = asyncio.create_task(b.runner.run())
        await b.clock.run_for(1.0)
        b.line.cut = True
        await b.clock.run_for(60.0)
        b.line.cut = False
        await b.clock.run_for(5.0)
        b.runner.stop()
        await b.clock.run_until(running)
    gone, back = lines
    assert gone["reason"] == "no connection to store.example"
    assert 60.0 <= back["seconds"] <= 62.0


async def test_one_asks_for_all_whether_the_store_is_back(bench: Make) -> None:
    """A minute costs a store that is hardly up again some sixty questions, however many wait."""
    b = bench(concurrency=64)
    b.transport.delay_s = 0.1
    await b.submit(500, "post")
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.15)
    b.line.cut = True
    await b.clock.run_for(1.0)
    b.line.asked.clear()
    await b.clock.run_for(60.0)
    assert set(b.line.asked) == {"promote"}
    assert 55 <= len(b.line.asked) <= 65
    b.line.cut = False
    await b.clock.run_until(running)
    assert len(b.transport.requests) == 500
    b.check_that_nothing_is_left()


async def test_no_new_job_is_sent_while_the_store_is_away(bench: Make) -> None:
    """What is in flight is answered, and written once it can be; the jobs at the desk wait."""
    b = bench(concurrency=4)
    b.transport.delay_s = 1.0
    await b.submit(40)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(1.5)
    sent = len(b.transport.requests)
    b.line.cut = True
    await b.clock.run_for(20.0)
    assert len(b.transport.requests) == sent
    assert b.runner._settler.pending == 4
    b.line.cut = False
    await b.clock.run_until(running)
    assert len(b.transport.requests) == 40
    b.check_that_nothing_is_left()


@pytest.mark.parametrize(
    "method", ["settle", "renew", "promote", "reclaim", "lanes", "grant", "refund", "all", "counts"]
)
async def test_an_answer_that_is_lost_is_asked_for_again(bench: Make, method: str) -> None:
    """The store has done it already, and does not do it twice."""
    b = bench(limits={"shop": [_OFTEN]}, lease_s=2.0)
    b.transport.delay_s = 0.05
    b.line.lost = {method: 1}
    await b.submit(3, body={})
    await b.submit(100, "post")
    await b.work()
    assert b.line.lost == {method: 0}
    assert await b.states() == {State.DELIVERED: 100, State.DEAD: 3}
    assert len(b.transport.requests) == 100
    assert sorted({*b.told()}) == ["JobDelivered", "JobDied"]
    assert len(b.told()) == 103
    assert_empty(b.runner)


async def test_leases_that_nobody_heard_of_come_back_when_they_run_out(bench: Make) -> None:
    """They were never sent, and are not charged."""
    b = bench(lease_s=4.0)
    b.line.lost = {"lease": 1}
    await b.submit(20)
    await b.work()
    assert await b.states() == {State.DELIVERED: 20}
    assert len(b.transport.requests) == 20
    assert {row.expiries for row in b.store.ledger._table.rows.values()} == {1}
    assert_empty(b.runner)


async def test_a_job_whose_lease_may_have_run_out_is_not_sent_again(bench: Make) -> None:
    """The store was away for this worker only, for longer than a lease: another one has delivered all of it."""
    b = bench(concurrency=2, lease_s=10.0)
    b.transport.delay_s = 1.0
    await b.submit(30)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.5)
    b.line.cut = True
    await b.clock.run_for(15.0)
    await b.store.queue.reclaim()
    taken = await b.store.queue.lease([Want(_LANE, 99)], 60.0)
    await b.store.queue.settle([Settlement(lease, Delivered()) for lease in taken])
    b.line.cut = False
    await b.clock.run_until(running)
    assert len(taken) == 30
    assert len(b.transport.requests) == 2
    assert set(b.told()) == {"LeaseLost"}
    assert await b.states() == {State.DELIVERED: 30}
    assert_empty(b.runner)


async def test_a_job_whose_lease_ran_out_goes_back_uncharged(bench: Make) -> None:
    """Nobody else has taken it: it is leased once more, and then sent."""
    b = bench(concurrency=2, lease_s=10.0)
    b.transport.delay_s = 1.0
    await b.submit(30)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.5)
    b.line.cut = True
    await b.clock.run_for(30.0)
    b.line.cut = False
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 30}
    assert len(b.transport.requests) == 30
    assert all((row.expiries, row.attempts) == (0, 0) for row in b.store.ledger._table.rows.values() if not row.result)
    b.check_that_nothing_is_left()


@pytest.mark.parametrize("operation", ["put", "post"])
async def test_a_worker_that_stood_still_for_longer_than_its_lease_sends_nothing(bench: Make, operation: str) -> None:
    """It was about to: between the last wait and the request its time is looked at."""
    b = bench(concurrency=1, lease_s=10.0)
    b.steps.stop_at = "depart"
    await b.submit(1, operation)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_until(b.steps.reached.wait())
    b.clock.advance(11.0)
    await b.queue.reclaim()
    b.steps.go_on()
    await b.clock.run_until(running)
    requests = 1 if operation == "put" else 0  # of the next lease; a POST that another may have sent is parked
    assert len(b.transport.requests) == requests
    assert b.told().count("LeaseLost") == 1
    assert_empty(b.runner)


async def test_a_run_ends_when_its_patience_does(bench: Make) -> None:
    """With the store's error, and how many outcomes are not written; nothing is left in any map."""
    b = bench(concurrency=4, patience_s=300.0)
    b.transport.delay_s = 1.0
    await b.submit(40)
    started = b.clock.monotonic()
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.5)
    b.line.cut = True
    with pytest.raises(StoreGoneError, match=r"no connection to store.example; 40 outcomes could not be written"):
        await b.clock.run_until(running)
    assert 300.0 <= b.clock.monotonic() - started <= 303.0
    assert len(b.transport.requests) == 4
    assert_empty(b.runner)


async def test_a_store_that_comes_and_goes_wears_patience_out(bench: Make) -> None:
    """To answer once is not to be back: people are told once, and in the end the run ends."""
    b = bench(patience_s=30.0)
    b.line.lost = {"all": 1_000_000}  # whatever is asked for, stops cannot be read
    with structlog.testing.capture_logs() as lines, pytest.raises(StoreGoneError, match="did all"):
        await b.clock.run_until(b.runner.run())
    assert told(lines) == ["store_gone"]
    assert 30.0 <= b.clock.monotonic() <= 33.0
    assert_empty(b.runner)


async def test_outcomes_have_until_the_end_of_the_drain_to_be_written(bench: Make) -> None:
    """The store comes back before: they are."""
    b = bench(concurrency=4, drain_s=30.0)
    b.transport.delay_s = 1.0
    await b.submit(40)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(0.5)
    b.line.cut = True
    await b.clock.run_for(2.0)
    b.runner.stop()
    await b.clock.run_for(20.0)
    assert not running.done()
    b.line.cut = False
    await b.clock.run_for(2.0)
    assert running.done()
    assert await b.states() == {State.DELIVERED: 4, State.READY: 36}
    b.check_that_nothing_is_left()


async def test_a_drain_ends_that_cannot_write(bench: Make) -> None:
    """It says how many outcomes are missing, and what becomes of their jobs."""
    b = bench(concurrency=4, drain_s=5.0)
    b.transport.delay_s = 1.0
    await b.submit(40)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(0.5)
    b.line.cut = True
    await b.clock.run_for(2.0)
    b.runner.stop()
    missing = "40 outcomes could not be written; their jobs are sent again after their leases, with the same"
    with pytest.raises(StoreGoneError, match=missing):
        await b.clock.run_until(running)
    assert 7.0 <= b.clock.monotonic() <= 8.0
    assert await b.states() == {State.LEASED: 40}
    assert_empty(b.runner)


async def test_a_run_that_is_cancelled_while_the_store_is_away_lets_go_of_all(bench: Make) -> None:
    """Whoever cancels does not wait for the store."""
    b = bench(limits={"shop": [_OFTEN]}, concurrency=4)
    b.transport.delay_s = 1.0
    await b.submit(40, "post")
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(0.5)
    b.line.cut = True
    await b.clock.run_for(2.0)
    assert left_over(b.runner)
    running.cancel()
    with pytest.raises(StoreGoneError, match="outcomes could not be written"):
        await b.clock.run_until(running)
    assert_empty(b.runner)


async def test_outcomes_that_wait_are_bounded(bench: Make) -> None:
    """Jobs that are refused need no sender, and yet nothing more is leased while the store is away."""
    b = bench(concurrency=64)
    await b.submit(40 * BATCH, body={})
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(0.001)
    b.line.cut = True
    await b.clock.run_for(60.0)
    assert b.runner._settler.pending <= 16 * BATCH
    b.line.cut = False
    await b.clock.run_until(running)
    assert await b.states() == {State.DEAD: 40 * BATCH}
    b.check_that_nothing_is_left()


async def test_another_error_of_the_store_is_not_outlasted(bench: Make) -> None:
    """A damaged store is no matter of time."""
    b = bench()

    async def work() -> None:
        raise StoreError("damaged")

    with pytest.raises(StoreError, match="damaged"):
        await Outage(b.queue, b.clock, 300.0).outlasted(work)


async def test_what_is_handed_back_of_a_budget_is_handed_back_once(bench: Make) -> None:
    """The answer was lost: what a job cost less is forfeited then, and what it cost more is charged again."""
    tokens = from_settings(LimitSettings(rate=100, per_s=100, cost="tokens"))
    b = bench(limits={"shop": [tokens]})
    books: Any = Bookkeeper(b.runner._parts.quota, b.clock)
    (paid,) = await b.quota.grant([Ask(_LANE, 1, {"tokens": 50.0})])
    books.correct(Correction(_LANE, "tokens", -20.0, paid.slots[0]))
    books.correct(Correction(_LANE, "tokens", 10.0, paid.slots[0]))
    b.line.lost = {"correct": 1}
    with pytest.raises(StoreGoneError):
        await books.flush()
    assert [one.units for one in books._corrections] == [10.0]
    await books.flush()
    assert books._corrections == []


async def test_an_api_that_answers_is_believed_also_while_the_store_is_away(bench: Make) -> None:
    """What was in flight when the store went is not sent again: its answer came."""
    b = bench(concurrency=4)
    b.transport.delay_s = 5.0
    b.transport.script = lambda _: Answer(201, {}, b"{}", 1.0)
    await b.submit(4, "post")
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(1.0)
    b.line.cut = True
    await b.clock.run_for(30.0)
    b.line.cut = False
    await b.clock.run_until(running)
    assert (await b.states(), len(b.transport.requests)) == ({State.DELIVERED: 4}, 4)
    b.check_that_nothing_is_left()


@pytest.mark.parametrize("step", ["grant", "settle", "charge"])
async def test_a_cancellation_that_is_lost_in_a_breaking_connection_is_said_again(bench: Make, step: str) -> None:
    """A feeder, the settler, a sender: each would go on, as after any other loss of the store."""
    tokens = from_settings(LimitSettings(rate=100, per_s=1, cost="tokens"))
    b = bench(limits={"shop": [_OFTEN, tokens]}, concurrency=2, drain_s=0.0)
    b.steps.stop_at = step
    await b.submit(5)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_until(b.steps.reached.wait())
    b.line.swallows = 1
    running.cancel()
    await b.clock.run_for(1.0)
    b.steps.go_on()
    await b.clock.run_until(asyncio.wait([running]))
    assert running.done()
    assert_empty(b.runner)
