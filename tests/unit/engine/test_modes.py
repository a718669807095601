"""How strictly a contract is taken: ``enforce``, ``warn`` and ``off``, from the lease to the tally."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from worker.engine.tally import RunTally
from worker.events import JobWarned
from worker.job import State
from worker.outcome import Answer, Request

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

MakeBench = Callable[..., "Bench"]

BAD: Any = {"n": "one"}


def _refusing(request: Request) -> Answer:
    """An API that takes any body but ``{"n": "two"}``."""
    return Answer(422 if request.body == b'{"n":"two"}' else 200, {}, b"", 1.0)


async def test_a_job_that_the_contract_does_not_allow_is_sent_and_told_of(bench: MakeBench) -> None:
    """What would have been refused, and whether the API accepted it."""
    made = bench(mode="warn")
    made.transport.script = _refusing
    await made.submit(1)
    await made.submit(1, body=BAD)
    await made.submit(1, body={"n": "two"})
    await made.work()
    warned = sorted((one.id, one.accepted) for one in made.events if isinstance(one, JobWarned))
    assert warned == [("shop-2", True), ("shop-3", False)]
    (fault,) = next(one.faults for one in made.events if isinstance(one, JobWarned))
    assert (fault.pointer, fault.rule) == ("#/body/n", "type")
    assert await made.states() == {State.DELIVERED: 2, State.DEAD: 1}
    made.check_that_nothing_is_left()


@pytest.mark.parametrize(("mode", "sent"), [("enforce", 0), ("off", 1)])
async def test_the_other_modes_warn_of_nothing(mode: str, sent: int, bench: MakeBench) -> None:
    """One refuses, the other does not look."""
    made = bench(mode=mode)
    await made.submit(1, body=BAD)
    await made.work()
    assert len(made.transport.requests) == sent
    assert "JobWarned" not in made.told()


async def test_each_operation_has_its_own_mode(bench: MakeBench) -> None:
    """The API's own is for the others."""
    made = bench(modes={"put": "warn", "post": "enforce"})
    for operation in ("put", "post"):
        await made.submit(1, operation, body=BAD)
    await made.work()
    assert await made.states() == {State.DELIVERED: 1, State.DEAD: 1}
    assert [request.method for request in made.transport.requests] == ["PUT"]


async def test_a_job_counts_once_however_often_it_was_tried(bench: MakeBench) -> None:
    """When it comes to its end: a retry is none."""
    made = bench(mode="warn")
    answers = iter([Answer(500, {}, b"", 1.0)] * 2 + [Answer(200, {}, b"", 1.0)])
    made.transport.script = lambda _: next(answers)
    tally = RunTally().listen(made.bus)
    await made.submit(1, body=BAD)
    await made.work()
    assert (tally.attempts, tally.warned.would_refuse, tally.warned.accepted) == (3, 1, 1)
