"""Jobs that no intake has looked at, because somebody wrote them into the queue's tables."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from worker.events import JobDied
from worker.job import Entry, Lane, State
from worker.outcome import Cause

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"headers": {"Authorization": "Bearer mine"}}, "#/headers/Authorization"),
        ({"params": ["a"]}, "#/params"),
        ({"what": 1}, "#/what"),
    ],
)
async def test_a_job_that_no_intake_has_seen_is_held_to_the_same_form(
    bench: "Callable[..., Bench]", more: dict[str, Any], pointer: str
) -> None:
    """It is refused as one in a file would have been, and nothing is sent."""
    b = bench()
    await b.submit(1, **more)
    await b.work()
    (died,) = [event for event in b.events if isinstance(event, JobDied)]
    assert (died.problem.cause, died.problem.refused) == (Cause.MALFORMED, True)
    assert [fault.pointer for fault in died.problem.faults] == [pointer]
    assert b.transport.requests == []
    b.check_that_nothing_is_left()


async def test_a_job_that_cannot_be_read_is_refused_and_told_of_by_its_number(bench: "Callable[..., Bench]") -> None:
    """There is no id in it, and the run goes on."""
    b = bench()
    await b.queue.enqueue([Entry("x", Lane("shop", "put"), orjson.dumps({"unreadable": "too deep"}).decode())])
    await b.submit(2)
    await b.work()
    assert await b.states() == {State.DEAD: 1, State.DELIVERED: 2}
    (died,) = [event for event in b.events if isinstance(event, JobDied)]
    assert (died.id, died.problem.cause) == ("job 1", Cause.MALFORMED)
    b.check_that_nothing_is_left()
