"""Submitting rows: the counts add up, batch by batch, and whatever was begun is finished."""

from collections.abc import Iterator, Sequence

import orjson
import pytest

from worker.contract import contract
from worker.engine.admission import Admission
from worker.engine.coercion import Coercion
from worker.engine.columns import Columns
from worker.engine.submission import BATCH, Source, Submission
from worker.errors import StoreFullError, UsageError
from worker.failure import Failure
from worker.intake.row import Row
from worker.job import Entry, State
from worker.ports import Accepted
from worker.queues.memory.queue import MemoryQueue
from worker.queues.memory.store import MemoryStore
from worker.settings import OperationSettings
from worker.testing import ManualClock


class SmallQueue(MemoryQueue):
    """A memory queue that takes ``room`` jobs, and then is full."""

    room = 1_000_000
    asked = 0

    async def enqueue(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        """Take all of a batch, or nothing."""
        self.asked += 1
        self.room -= len(entries)
        if self.room < 0:
            raise StoreFullError("no room left")
        return await super().enqueue(entries, file)


class Desk:
    """A submission over a memory store, and what it refused."""

    def __init__(self) -> None:
        clock = ManualClock()
        found = contract.from_declarations({"put": OperationSettings("put", "PUT", "/puts", body={})}, "test")
        admission = Admission(
            {"a": found},
            "a",
            Columns({}, None, {"a": found}),
            Coercion({"a": found}),
            clock,
            modes=None,
            named=False,
        )
        self.store = MemoryStore(clock)
        self.refused: list[Failure] = []
        self.queue = SmallQueue(self.store.ledger._table, clock)
        self.submission = Submission(admission, self.queue, self.store.ledger, clock, self.refused.append)


@pytest.fixture
def desk() -> Desk:
    """An empty one."""
    return Desk()


def rows(count: int, start: int = 0) -> Iterator[Row]:
    """Good rows with the ids ``r0``, ``r1``, ..."""
    for number in range(start, start + count):
        value = {"id": f"r{number}", "operation": "put", "body": number}
        yield Row(number + 1, orjson.dumps(value), value)


async def test_the_counts_add_up_after_every_batch(desk: Desk) -> None:
    """Good, known and bad rows; rows == accepted + duplicates + bad."""
    bad = Row(99, b'{"id": "x"}', {"id": "x"})
    conflict = Row(98, b'{"id":"r1","operation":"put","body":2}', {"id": "r1", "operation": "put", "body": 2})
    mixed = [*rows(2 * BATCH), bad, *rows(10), conflict]
    seen = []
    async for tally in desk.submission.run(Source("f", mixed, tabular=False)):
        assert tally.rows == tally.accepted + tally.duplicates + tally.bad
        seen.append(tally.rows)
    tally = desk.submission.tally
    assert seen == [BATCH, 2 * BATCH, 2 * BATCH + 12]
    assert (tally.accepted, tally.duplicates, tally.bad) == (2 * BATCH, 10, 2)
    assert [failure.source and failure.source.line for failure in desk.refused] == [99, 98]
    assert (await desk.store.ledger.counts()).states[State.READY] == 2 * BATCH


async def test_a_reader_that_breaks_keeps_what_came_before(desk: Desk) -> None:
    """Whole batches before the damage are on the queue, and counted."""

    def damaged() -> Iterator[Row]:
        yield from rows(BATCH + 5)
        raise UsageError("the gzip file is damaged")

    with pytest.raises(UsageError):
        [tally async for tally in desk.submission.run(Source("f", damaged(), tabular=False))]
    assert desk.submission.tally.accepted == BATCH
    assert (await desk.store.ledger.counts()).states[State.READY] == BATCH


async def test_a_store_that_breaks_counts_only_what_it_took(desk: Desk) -> None:
    """The second batch fails: the first is counted, the second is not, the third is never begun."""
    desk.queue.room = BATCH + 10
    with pytest.raises(StoreFullError):
        [tally async for tally in desk.submission.run(Source("f", rows(3 * BATCH), tabular=False))]
    assert desk.submission.tally.accepted == BATCH
    assert desk.queue.asked == 2


async def test_nothing_is_a_file_without_rows(desk: Desk) -> None:
    """No batch, no write."""
    assert [tally async for tally in desk.submission.run(Source("f", [], tabular=False))] == []
