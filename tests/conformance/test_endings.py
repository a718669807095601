"""What every ledger does: jobs are read in the order in which they ended."""

from typing import TYPE_CHECKING

from worker.failure import Failure, Result
from worker.job import State
from worker.outcome import Delivered, Retry
from worker.ports import Edit

if TYPE_CHECKING:
    from tests.conformance.conftest import Desk


async def read(desk: "Desk", limit: int = 500) -> list[str]:
    """Ids of jobs that have ended, page by page."""
    found: list[str] = []
    after = 0
    while page := await desk.ledger.endings(after, limit):
        assert [one.number for one in page] == sorted({one.number for one in page})
        found += [one.end.id for one in page]
        after = page[-1].number
    return found


async def test_jobs_are_told_in_the_order_in_which_they_ended(desk: "Desk") -> None:
    """Whatever the order in which they were accepted; those that are to be tried again have not ended."""
    await desk.submit("a", "b", "c", "d")
    a, b, c, d = await desk.lease()
    await desk.settle(c, Delivered(), desk.attempt(201))
    await desk.settle(b, Retry(desk.problem(), 60), desk.attempt())
    await desk.settle(a, Delivered(), desk.attempt(201))
    await desk.settle(d, Delivered(), desk.attempt(201))
    assert await read(desk) == await read(desk, limit=1) == ["c", "a", "d"]


async def test_an_ending_is_a_result_or_a_failure(desk: "Desk") -> None:
    """The very ones that the ledger hands out elsewhere."""
    await desk.fail("a", parked=True)
    await desk.submit("b", meta={"row": 2})
    await desk.settle(await desk.one(), Retry(desk.problem(), 0), desk.attempt())
    await desk.settle(await desk.one(), Delivered(), desk.attempt(201))
    failed, delivered = [one.end for one in await desk.ledger.endings()]
    assert isinstance(failed, Failure)
    assert failed.state is State.PARKED
    assert [failed] == await desk.failures()
    assert isinstance(delivered, Result)
    assert delivered.attempts == 2
    assert [delivered] == (await desk.ledger.results())[0]


async def test_who_has_read_up_to_one_misses_nothing_behind_it(desk: "Desk") -> None:
    """A job that failed, and is sent again, ends once more, behind all others; its number is given to no other."""
    await desk.fail("a", "b")
    last = (await desk.ledger.endings())[-1].number
    await desk.ledger.replay([Edit("b")])
    assert await read(desk) == ["a"]
    await desk.settle(await desk.one(), Delivered(), desk.attempt(201))
    await desk.fail("c", parked=True)
    await desk.ledger.resolve(["c"], desk.clock.now())
    assert [one.end.id for one in await desk.ledger.endings(last)] == ["b", "c"]
    assert await read(desk) == ["a", "b", "c"]


async def test_a_job_that_is_forgotten_has_not_ended(desk: "Desk") -> None:
    """Nor has a row that was no job."""
    await desk.fail("a", "b")
    await desk.ledger.discard(["a"])
    assert await read(desk) == ["b"]
