"""Puts the rows of a file on the queue, in batches: the next is read while the last is written."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from worker.engine.admission import Admission
from worker.failure import Failure
from worker.intake.row import PAUSE, Row
from worker.job import Entry
from worker.ports import Accepted, Clock, Ledger, Queue

BATCH: Final = 8000  # rows in one transaction: each is synced to the disk, which costs as much as inserting hundreds
_BATCH_BYTES: Final = 4 * 1024 * 1024  # of rows in one transaction: memory stays flat when they are large


@dataclass(slots=True)
class Tally:
    """What became of the rows so far. ``rows == accepted + duplicates + bad``."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from.

    Attributes:
        file: what records call it.
        tabular: rows are records of columns.
    """

    file: str
    rows: Iterable[Row]
    tabular: bool


class Submission:
    """Submits files; after an interruption the same command goes on where it stopped, since known ids add nothing.

    Args:
        refused: told of every bad row.
    """

    def __init__(
        self, admission: Admission, queue: Queue, ledger: Ledger, clock: Clock, refused: Callable[[Failure], None]
    ) -> None:
        self._admission = admission
        self._queue = queue
        self._ledger = ledger
        self._clock = clock
        self._refused = refused
        self.tally = Tally()

    async def run(self, source: Source) -> AsyncIterator[Tally]:
        """Submit every row; yields after each batch that is durable.

        Raises:
            StoreError: the batch that failed was not written at all; all before it were.
        """
        writing: asyncio.Task[None] | None = None
        try:
            for batch in self._batches(source):
                if not batch.rows:
                    await self._clock.sleep(0)  # a pause: let an interruption in
                    continue
                if writing is not None:
                    await asyncio.shield(writing)
                    yield self.tally
                writing = asyncio.create_task(self._write(batch, source.file))
                await self._clock.sleep(0)  # lets the write begin before the next batch is read
            if writing is not None:
                await asyncio.shield(writing)
                writing = None
                yield self.tally
        finally:
            if writing is not None:  # interrupted: what was begun is written to its end, and counted
                await writing

    def _batches(self, source: Source) -> Iterator["_Batch"]:
        """Rows, sorted as they are read: neither too many nor too large, and no more where there is a pause."""
        batch = _Batch()
        for row in source.rows:
            if row is not PAUSE:
                batch.add(row, self._admission.entry(row, source.file, tabular=source.tabular))
            if row is PAUSE or batch.rows == BATCH or batch.size >= _BATCH_BYTES:
                yield batch
                batch = _Batch()
        if batch.rows:
            yield batch

    async def _write(self, batch: "_Batch", file: str) -> None:
        entries, failures = batch.entries, batch.failures
        accepted = await self._queue.enqueue(entries, file) if entries else Accepted(0)
        failures += [self._admission.conflict(entries[index], file) for index in accepted.conflicts]
        if failures:
            await self._ledger.reject(failures)
        for failure in failures:
            self._refused(failure)
        self.tally.rows += batch.rows
        self.tally.accepted += accepted.accepted
        self.tally.duplicates += len(accepted.duplicates)
        self.tally.bad += len(failures)


class _Batch:
    """Rows that are written together."""

    def __init__(self) -> None:
        self.rows = 0
        self.size = 0
        self.entries: list[Entry] = []
        self.failures: list[Failure] = []

    def add(self, row: Row, made: Entry | Failure) -> None:
        """Take one row in; nothing is kept of it but what was made of it."""
        self.rows += 1
        self.size += len(row.raw)
        if isinstance(made, Entry):
            self.entries.append(made)
        else:
            self.failures.append(made)
