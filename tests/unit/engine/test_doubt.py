"""A request that may have been carried out: the API is asked, where the config says how."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from worker.contract import contract
from worker.engine.probing import question
from worker.events import JobParked
from worker.job import Job, State
from worker.outcome import Answer, Broken, Cause, Reply, Request
from worker.ports import Want
from worker.settings import OperationSettings
from worker.settings.probe import ProbeSettings
from worker.stages.judge import Policy

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]

LOST = Broken("lost", sent=True, detail="the connection was closed before the answer", elapsed_ms=1.0)
_PROBE = ProbeSettings("find", {"id": "{id}"})


def _asking(b: "Bench", script: Callable[[Request], Reply]) -> "Bench":
    """A bench whose POST can be asked about."""
    operations = {
        "post": OperationSettings("post", "POST", "/posts", body={"type": "object"}),
        "find": OperationSettings("find", "GET", "/posts/{id}"),
    }
    made = contract.from_declarations(operations, "test")
    policies = dict.fromkeys(operations, Policy())
    b.apis["shop"] = replace(b.apis["shop"], contract=made, policies=policies, probes={"post": _PROBE})
    b.transport.script = script
    return b


def _script(*found: int) -> Callable[[Request], Reply]:
    """Every POST is lost the first time; the GETs are answered with these, one after the other."""
    answers, posts = list(found), list[Request]()

    def reply(request: Request) -> Reply:
        if request.method == "GET":
            return Answer(answers.pop(0) if len(answers) > 1 else answers[0], {}, b"{}", 1.0)
        posts.append(request)
        return LOST if len(posts) == 1 else Answer(201, {}, b"{}", 1.0)

    return reply


@pytest.mark.parametrize(
    ("status", "state", "methods"),
    [
        (200, State.DELIVERED, ["POST", "GET"]),
        (404, State.DELIVERED, ["POST", "GET", "POST"]),
        (500, State.PARKED, ["POST", "GET"]),
    ],
)
async def test_a_lost_answer_is_looked_up(bench: Make, status: int, state: State, methods: list[str]) -> None:
    """It arrived: delivered. It did not: sent again. Nobody knows: a person has to look."""
    b = _asking(bench(), _script(status))
    await b.submit(1, "post")
    await b.work()
    assert await b.states() == {state: 1}
    assert [request.method for request in b.transport.requests] == methods
    assert b.transport.requests[1].url == "http://shop/posts/shop-1"
    assert all(event.problem.cause is Cause.UNKNOWN for event in b.events if isinstance(event, JobParked))
    b.check_that_nothing_is_left()


@pytest.mark.parametrize(
    ("status", "state", "methods"),
    [
        (200, State.DELIVERED, ["GET"]),
        (404, State.PARKED, ["GET", "POST", "GET"]),
        (500, State.PARKED, ["GET"]),
    ],
)
async def test_what_a_dead_worker_may_have_sent_is_looked_up_first(
    bench: Make, status: int, state: State, methods: list[str]
) -> None:
    """Before it is sent a second time; the POST that follows a 404 is lost here, and then nobody can tell."""
    b = _asking(bench(lease_s=4.0), _script(status, 500))
    await b.submit(1, "post")
    (ready,) = await b.queue.lanes()
    leases = await b.store.queue.lease([Want(ready.lane, 1)], 4.0)
    await b.store.queue.renew(leases, 4.0, sent=True)
    await b.work()
    assert await b.states() == {state: 1}
    assert [request.method for request in b.transport.requests] == methods
    b.check_that_nothing_is_left()


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("{id}", "order-17"),
        ("by-{params.shop}-{id}", "by-berlin-order-17"),
        ("{body.qty}", 2),
        ("{body.lines.0.sku}", "A-1"),
        ("{body.absent}", None),
        (7, 7),
    ],
)
def test_a_probe_takes_its_params_from_the_job(written: Any, filled: Any) -> None:
    """Alone in its braces a value keeps its type."""
    job = Job("order-17", "shop", "post", {"shop": "berlin"}, {"qty": 2, "lines": [{"sku": "A-1"}]}, key="t")
    asked = question(job, ProbeSettings("find", {"x": written}))
    assert (asked.operation, asked.params, asked.key) == ("find", {"x": filled}, "t")
