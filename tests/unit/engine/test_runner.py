"""The runner's one invariant, over everything that can happen to a job: each lease is settled exactly once."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import structlog

from worker.errors import StoreBusyError, StoreError
from worker.events import JobDied, JobParked, JobRetried
from worker.job import State
from worker.outcome import Answer, Broken, Cause, Reply, Request
from worker.ports import Want

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

OK = Answer(200, {}, b"{}", 1.0)


def replies(*several: Reply) -> Callable[[Request], Reply]:
    """One after the other; the last for ever."""
    left = list(several)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


async def test_every_job_is_delivered_and_its_lease_settled_once(bench: Make) -> None:
    """Five hundred of them, through four senders."""
    b = bench()
    await b.submit(500)
    await b.work()
    assert await b.states() == {State.DELIVERED: 500}
    assert len(b.transport.requests) == 500
    assert b.told() == ["JobDelivered"] * 500
    b.check_that_nothing_is_left()


async def test_no_more_requests_are_in_flight_than_the_api_allows(bench: Make) -> None:
    """Three senders, and every request takes a second."""
    b = bench(concurrency=3)
    b.transport.delay_s = 1.0
    await b.submit(30)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(0.5)
    assert (b.runner.in_flight, len(b.transport.requests)) == (3, 3)
    await b.clock.run_for(1.0)
    assert (b.runner.in_flight, len(b.transport.requests)) == (3, 6)
    b.runner.stop()
    await b.clock.run_until(running)
    b.check_that_nothing_is_left()


async def test_one_jobs_bug_is_charged_and_logged_and_stops_no_other(bench: Make) -> None:
    """The transport raises what it must not: the job is tried again, then dead; nine others are delivered."""
    b = bench(max_attempts=2)

    def script(request: Request) -> Reply:
        if request.body == b'{"n":13}':
            raise ValueError("a bug")
        return OK

    b.transport.script = script
    await b.submit(5)
    await b.submit(1, body={"n": 13})
    await b.submit(4)
    with structlog.testing.capture_logs() as lines:
        await b.work()
    assert await b.states() == {State.DELIVERED: 9, State.DEAD: 1}
    (retried,) = [event for event in b.events if isinstance(event, JobRetried)]
    (died,) = [event for event in b.events if isinstance(event, JobDied)]
    assert retried.problem.cause is died.problem.cause is Cause.UNKNOWN
    assert died.problem.detail == "ValueError: this is a bug in Preflight; the log has the details"
    assert [line["event"] for line in lines] == ["job_crashed"] * 2
    b.check_that_nothing_is_left()


async def test_an_unreachable_api_costs_no_attempt_and_ends_the_run(bench: Make) -> None:
    """Everything goes back; the run says which API it could not work for."""
    b = bench(max_attempts=1)
    b.transport.script = replies(Broken("unreachable", sent=False, detail="no connection", elapsed_ms=1.0))
    await b.submit(50)
    await b.work()
    assert await b.states() == {State.READY: 50}
    assert [stop.scope.api for stop in b.finish.stuck] == ["shop"]
    assert set(b.told()) == {"JobReleased", "LaneStopped"}
    assert b.told().count("LaneStopped") == 1  # and not at every try
    b.check_that_nothing_is_left()


async def test_a_throttled_api_is_left_alone_for_as_long_as_it_says(bench: Make) -> None:
    """One 429 with Retry-After: 7; nothing is sent for seven seconds, and nobody is charged."""
    b = bench(concurrency=1, max_attempts=1)
    b.transport.script = replies(Answer(429, {"retry-after": "7"}, b"", 1.0), OK)
    await b.submit(10)
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(6.9)
    assert len(b.transport.requests) == 1
    await b.clock.run_until(running)
    assert await b.states() == {State.DELIVERED: 10}
    assert b.told().count("LaneStopped") == b.told().count("LaneOpened") == 1
    b.check_that_nothing_is_left()


@pytest.mark.parametrize(
    ("operation", "header", "sent", "state"),
    [
        ("put", None, True, State.DELIVERED),
        ("post", "Idempotency-Key", True, State.DELIVERED),
        ("post", None, True, State.PARKED),
        ("post", None, False, State.DELIVERED),
    ],
)
async def test_what_a_dead_worker_held_is_sent_again_only_where_that_is_safe(
    bench: Make, operation: str, header: str | None, *, sent: bool, state: State
) -> None:
    """Another worker's lease runs out: if it had got as far as that, it may have sent the request."""
    b = bench(header=header, lease_s=4.0)
    await b.submit(3, operation)
    (ready,) = await b.queue.lanes()
    leases = await b.store.queue.lease([Want(ready.lane, 3)], 4.0)
    await b.store.queue.renew(leases, 4.0, sent=sent)
    await b.work()
    assert await b.states() == {state: 3}
    assert len(b.transport.requests) == (3 if state is State.DELIVERED else 0)
    assert all(one.problem.cause is Cause.UNKNOWN for one in b.events if isinstance(one, JobParked))
    b.check_that_nothing_is_left()


async def test_what_must_not_be_sent_twice_is_noted_before_it_leaves(bench: Make) -> None:
    """A POST without a key, and neither a PUT nor a POST with one."""
    b = bench(concurrency=1)
    noted: dict[str, bool] = {}

    def script(request: Request) -> Reply:
        rows = b.store.ledger._table.leased.values()
        noted[request.method] = any(row.sent for row in rows if row.lane.operation == request.method.lower())
        return OK

    b.transport.script = script
    await b.submit(1, "post")
    await b.submit(1, "put")
    await b.work()
    assert noted == {"POST": True, "PUT": False}
    b.check_that_nothing_is_left()


async def test_retries_that_wait_are_bounded(bench: Make) -> None:
    """Nothing more is leased while as many wait for their next try as the config allows: intake slows, not memory."""
    b = bench(concurrency=1, max_delayed=3)
    b.transport.script = replies(Answer(503, {}, b"", 1.0))
    await b.submit(200)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(0.2)
    assert (await b.states())[State.DELAYED] <= 3 + 35  # and what one desk holds
    b.runner.stop()
    await b.clock.run_until(running)
    b.check_that_nothing_is_left()


async def test_jobs_of_an_ordered_lane_go_one_after_the_other_over_retries(bench: Make) -> None:
    """Four senders, and the first job needs three tries: nobody overtakes it."""
    b = bench(ordered=True)
    seen: list[bytes] = []

    def script(request: Request) -> Reply:
        assert isinstance(request.body, bytes)
        seen.append(request.body)
        return OK if len(seen) > 2 else Answer(500, {}, b"", 1.0)

    b.transport.script = script
    for number in range(8):
        await b.submit(1, body={"n": number})
    await b.work()
    first = b'{"n":0}'
    assert seen == [first, first, first, *(b'{"n":%d}' % number for number in range(1, 8))]
    b.check_that_nothing_is_left()


async def test_an_ordered_lane_waits_for_answers_and_for_nothing_else(bench: Make) -> None:
    """Fifty jobs, a millisecond each: the next is leased as soon as the last has ended."""
    b = bench(ordered=True)
    b.transport.delay_s = 0.001
    await b.submit(50)
    started = b.clock.now()
    await b.work()
    assert await b.states() == {State.DELIVERED: 50}
    assert b.clock.now() - started < 50 * 0.02


async def test_a_job_is_not_sent_after_its_deadline(bench: Make) -> None:
    """Not at the start, and not again when the next try would come too late."""
    b = bench()
    b.transport.script = replies(Answer(503, {}, b"", 1.0))
    await b.submit(1, deadline="2025-12-31T23:59:59Z")
    await b.submit(1, deadline="2026-01-01T00:00:00.100Z")
    await b.work()
    assert await b.states() == {State.DEAD: 2}
    assert len(b.transport.requests) == 1
    assert [one.problem.cause for one in b.events if isinstance(one, JobDied)] == [Cause.EXPIRED] * 2
    b.check_that_nothing_is_left()


async def test_a_lease_that_was_lost_is_told_and_changes_nothing(bench: Make) -> None:
    """The worker stalled for longer than its lease, and somebody else has delivered the job meanwhile."""
    b = bench(concurrency=1, lease_s=10.0)
    b.steps.stop_at = "send"
    await b.submit(1)
    running = asyncio.create_task(b.runner.run())
    await b.clock.run_for(0.1)
    (row,) = b.store.ledger._table.leased.values()
    row.fence += 1
    b.steps.go_on()
    await b.clock.run_for(0.1)
    b.runner.stop()
    await b.clock.run_until(running)
    assert b.told() == ["LeaseLost"]
    assert await b.states() == {State.LEASED: 1}
    assert len(b.runner._hands) == 0


async def test_leases_are_renewed_while_their_jobs_wait(bench: Make) -> None:
    """Answers take three times as long as a lease lasts: nothing is sent twice."""
    b = bench(concurrency=2, lease_s=10.0)
    b.transport.delay_s = 30.0
    await b.submit(6)
    await b.work()
    assert len(b.transport.requests) == 6
    assert await b.states() == {State.DELIVERED: 6}
    b.check_that_nothing_is_left()


@pytest.mark.parametrize("method", ["lease", "settle"])
async def test_a_broken_store_ends_the_run(bench: Make, method: str) -> None:
    """With its own error; a lease that could not be settled is left to run out."""
    b = bench()
    b.queue.failing[method] = [StoreError("it is no queue of ours")]
    await b.submit(20)
    with pytest.raises(StoreError, match="no queue of ours"):
        await b.work()
    assert b.sender.flying == {}
    assert len(b.queue.settled) == len(set(b.queue.settled))


@pytest.mark.parametrize("method", ["lease", "settle"])
async def test_a_busy_store_is_asked_again(bench: Make, method: str) -> None:
    """Somebody else holds it for a while; nobody notices."""
    b = bench()
    b.queue.failing[method] = [StoreBusyError("locked")]
    await b.submit(20)
    await b.work()
    assert await b.states() == {State.DELIVERED: 20}
    b.check_that_nothing_is_left()
