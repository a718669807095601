"""Puts the rows of a file on the queue, in batches: the next is read while the last is written."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from worker.engine.admission import Admission
from worker.failure import Failure
from worker.intake.row import PAUSE, Row
from worker.job import Entry
from worker.ports import Accepted, Clock, Ledger, Queue

BATCH: Final = 4000  # rows in one transaction: each is synced to the disk, which costs as much as inserting hundreds
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
            for batch in batches(source.rows):
                if not batch:
                    await self._clock.sleep(0)  # a pause: let an interruption in
                    continue
                entries, failures = self._sort(batch, source)
                if writing is not None:
                    await asyncio.shield(writing)
                    yield self.tally
                writing = asyncio.create_task(self._write(len(batch), entries, failures, source.file))
                await self._clock.sleep(0)  # lets the write begin before the next batch is read
            if writing is not None:
                await asyncio.shield(writing)
                writing = None
                yield self.tally
        finally:
            if writing is not None:  # interrupted: what was begun is written to its end, and counted
                await writing

    def _sort(self, batch: Sequence[Row], source: Source) -> tuple[list[Entry], list[Failure]]:
        entries: list[Entry] = []
        failures: list[Failure] = []
        for row in batch:
            made = self._admission.entry(row, source.file, tabular=source.tabular)
            if isinstance(made, Entry):
                entries.append(made)
            else:
                failures.append(made)
        return entries, failures

    async def _write(self, rows: int, entries: list[Entry], failures: list[Failure], file: str) -> None:
        accepted = await self._queue.enqueue(entries, file) if entries else Accepted(0)
        failures += [self._admission.conflict(entries[index], file) for index in accepted.conflicts]
        if failures:
            await self._ledger.reject(failures)
        for failure in failures:
            self._refused(failure)
        self.tally.rows += rows
        self.tally.accepted += accepted.accepted
        self.tally.duplicates += len(accepted.duplicates)
        self.tally.bad += len(failures)


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in lists that are neither too long nor too large, and that end where there is nothing more for a moment."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        if row is PAUSE:
            yield batch
            batch, size = [], 0
            continue
        batch.append(row)
        size += len(row.raw)
        if len(batch) == BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
