"""An API that rejects what its contract allows: its operation is paused, and nothing is charged to what waits."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import orjson
import pytest

from worker.events import LaneStopped
from worker.job import Entry, Lane, Scope, Standstill, State, Stop
from worker.outcome import Answer, Request
from worker.ports import Want
from worker.settings import DriftSettings

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

MakeBench = Callable[..., "Bench"]

ODD = b'{"detail": [{"loc": ["body", "n"], "msg": "must be even", "type": "odd"}]}'


def _rejecting(request: Request) -> Answer:
    """An API that takes no PUT."""
    return Answer(422 if request.method == "PUT" else 200, {}, ODD, 1.0)


async def test_the_operation_is_paused_at_the_very_answer_that_is_too_many(bench: MakeBench) -> None:
    """With one sender nothing else is in flight; the others wait, uncharged, and the run ends."""
    made = bench(drift=DriftSettings(10, 0.5), concurrency=1)
    made.transport.script = _rejecting
    await made.submit(40, "put")
    await made.work()
    assert len(made.transport.requests) == 5
    assert await made.states() == {State.DEAD: 5, State.READY: 35}
    (stopped,) = [event.stop for event in made.events if isinstance(event, LaneStopped)]
    said = "5 of the last 10 requests that the contract allows were rejected (#/body/n: must be even)"
    assert stopped == Stop(Scope("shop", "put"), Standstill.DRIFTING, said, stopped.since)
    made.check_that_nothing_is_left()


async def test_jobs_that_wait_are_as_they_were(bench: MakeBench) -> None:
    """No attempt, no expiry: whoever works the queue next finds them untouched."""
    made = bench(drift=DriftSettings(10, 0.5), concurrency=1)
    made.transport.script = _rejecting
    await made.submit(20, "put")
    await made.work()
    (ready,) = await made.queue.lanes()
    leases = await made.queue.lease([Want(ready.lane, 100)], 60.0)
    assert {(lease.attempts, lease.expiries) for lease in leases} == {(0, 0)}
    assert len(leases) == 15


async def test_what_is_in_flight_finishes_and_other_operations_go_on(bench: MakeBench) -> None:
    """No more than the senders had in hand are sent after the pause."""
    made = bench(drift=DriftSettings(10, 0.5), concurrency=4)
    made.transport.script = _rejecting
    made.transport.delay_s = 0.1
    await made.submit(40, "put")
    await made.submit(40, "post")
    await made.work()
    sent = sum(request.method == "PUT" for request in made.transport.requests)
    assert 5 <= sent < 5 + 4
    assert await made.states() == {State.DEAD: sent, State.READY: 40 - sent, State.DELIVERED: 40}
    assert made.told().count("LaneStopped") == 1
    made.check_that_nothing_is_left()


@pytest.mark.parametrize("mode", ["warn", "off"])
async def test_only_what_an_enforced_contract_allows_is_drift(mode: str, bench: MakeBench) -> None:
    """What is sent for another reason may well be rejected."""
    made = bench(drift=DriftSettings(10, 0.1), mode=mode)
    made.transport.script = _rejecting
    await made.submit(20, "put")
    await made.work()
    assert await made.states() == {State.DEAD: 20}


@pytest.mark.parametrize("status", [404, 409, 410])
async def test_other_answers_are_no_drift(status: int, bench: MakeBench) -> None:
    """They speak of the world, not of the request's form."""
    made = bench(drift=DriftSettings(10, 0.1), max_attempts=1)
    made.transport.script = lambda _: Answer(status, {}, b"", 1.0)
    await made.submit(20, "post")
    await made.work()
    assert len(made.transport.requests) == 20


async def test_a_rejection_now_and_then_is_no_reason_to_stop(bench: MakeBench) -> None:
    """Less than the share, for as long as it takes."""
    made = bench(drift=DriftSettings(10, 0.5), concurrency=1)
    made.transport.script = lambda _: Answer(400 if len(made.transport.requests) % 3 == 0 else 200, {}, b"", 1.0)
    await made.submit(60, "put")
    await made.work()
    assert await made.states() == {State.DELIVERED: 40, State.DEAD: 20}


async def test_a_delayed_job_of_a_paused_operation_is_not_waited_for(bench: MakeBench) -> None:
    """It could not be sent anyway; one of another operation is."""
    made = bench(drift=DriftSettings(10, 0.5), concurrency=1)
    made.transport.script = _rejecting
    await made.submit(20, "put")
    started = made.clock.now()
    for operation, delay_s in (("put", 1e6), ("post", 10)):
        job = {"id": operation, "api": "shop", "operation": operation, "body": {"n": 1}}
        entry = Entry(operation, Lane("shop", operation), orjson.dumps(job).decode(), not_before=started + delay_s)
        await made.queue.enqueue([entry])
    await made.work()
    assert await made.states() == {State.DEAD: 5, State.READY: 15, State.DELAYED: 1, State.DELIVERED: 1}
    assert 10 <= made.clock.now() - started < 20
