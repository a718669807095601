"""Promises that are easily broken by a small change: what was sent, what is charged, what is told."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from worker.auth.credential import StaticCredential
from worker.engine.sending import scrubbed
from worker.events import JobParked
from worker.job import State
from worker.limits.budget import from_settings
from worker.outcome import Answer, Cause, Reply, Request
from worker.settings import LimitSettings
from worker.stages.authorise import authorise

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

_TOKENS = from_settings(LimitSettings(rate=10, per_s=1, cost="tokens", burst=1))


async def test_a_bug_after_sending_does_not_send_again_what_must_not_be(bench: Make) -> None:
    """The API may have it: a POST without a key is parked after one request, whatever went wrong with its answer."""
    b = bench()
    b.transport.script = lambda _: Answer(201, {"content-type": 7}, b"{}", 1.0)  # type: ignore[dict-item]
    await b.submit(1, "post")
    await b.work()
    assert len(b.transport.requests) == 1
    assert await b.states() == {State.PARKED: 1}
    (parked,) = [event for event in b.events if isinstance(event, JobParked)]
    assert parked.problem.cause is Cause.UNKNOWN
    b.check_that_nothing_is_left()


async def test_a_job_that_waited_past_its_deadline_is_not_sent(bench: Make) -> None:
    """It was leased in time, and its budget let it go too late."""
    b = bench(limits={"shop": [_TOKENS]}, concurrency=1)
    at = b.clock.now()
    await b.submit(8, "put", cost={"tokens": 5}, deadline=_moment(at + 1.2))
    await b.work()
    states = await b.states()
    assert states[State.DEAD] >= 1
    assert len(b.transport.requests) == states[State.DELIVERED]


async def test_a_lease_that_was_lost_while_it_waited_is_not_sent(bench: Make) -> None:
    """Another worker has the job: sending it here too would send it twice."""
    b = bench(concurrency=1, lease_s=60.0)
    b.transport.delay_s = 100.0
    await b.submit(3, "put")
    running = asyncio.create_task(b.runner.run(b.finish))
    await b.clock.run_for(1.0)
    for row in list(b.store.ledger._table.leased.values())[1:]:
        row.fence += 1  # taken over
    await b.clock.run_for(30.0)
    b.runner.stop()
    await b.clock.run_until(running)
    assert len(b.transport.requests) == 1


async def test_after_a_closure_one_request_asks_whether_it_is_over(bench: Make) -> None:
    """Not as many as there are senders."""
    b = bench(concurrency=4)
    sent: list[float] = []

    def script(_: Request) -> Reply:
        sent.append(b.clock.monotonic())
        return Answer(429, {"retry-after": "10"}, b"", 1.0) if len(sent) < 10 else Answer(200, {}, b"{}", 1.0)

    b.transport.script = script
    await b.submit(20, "put")
    await b.work()
    first, *later = sorted(set(sent))
    assert sent.count(first) <= 4
    assert [sent.count(at) for at in later[:3]] == [1, 1, 1]
    assert await b.states() == {State.DELIVERED: 20}


async def test_what_one_budget_refuses_is_not_charged_to_another(bench: Make) -> None:
    """A request a minute, and three jobs that cost more tokens than there are: the fourth need not wait for them."""
    minute = from_settings(LimitSettings(rate=1, per_s=60))
    b = bench(limits={"shop": [minute, _TOKENS]})
    await b.submit(3, "put", cost={"tokens": 50})
    await b.submit(1, "put", cost={"tokens": 1})
    started = b.clock.now()
    await b.work()
    assert await b.states() == {State.DEAD: 3, State.DELIVERED: 1}
    assert b.clock.now() - started < 10


@pytest.mark.parametrize("place", ["body", "location"])
def test_a_credential_that_the_api_repeats_is_struck_out(place: str) -> None:
    """An API that quotes the key it refuses must not write it into our records."""
    secret = "sk-live-12345678"
    body = f"key {secret} is not valid".encode() if place == "body" else b""
    headers = {"location": f"/login?x={secret}"} if place == "location" else {}

    reply = scrubbed(Answer(403, headers, body, 1.0), (secret.encode(),))

    assert isinstance(reply, Answer)
    assert secret not in reply.body.decode() + reply.headers.get("location", "")


def test_a_token_that_expires_while_a_job_waits_is_noticed() -> None:
    """The same check is made again when the job has leave to go."""
    credential = StaticCredential("env:TOKEN", expires_at=100.0)

    assert authorise(credential, now=50.0) is None
    assert authorise(credential, now=99.0) is not None


def _moment(at: float) -> str:
    from worker.clock import to_rfc3339  # noqa: PLC0415 - only here

    return to_rfc3339(at)
