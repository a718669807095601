"""The archive that every other archive must agree with."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from worker.failure import Failure
from worker.job import State
from worker.ports import Accepted
from worker.queues.arrivals import sorted_out
from worker.queues.departures import in_hand
from worker.queues.memory.table import Row, Table
from worker.queues.paging import FIRST_REJECT
from worker.record import Record

#: Jobs forgotten at once: some milliseconds.
_PRUNED: Final = 1_000


class MemoryArchive:
    """The ``Archive`` port over a ``Table``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def read(self, after: int = 0, limit: int = 500) -> tuple[list[Record | Failure], int | None]:
        """A page of everything; see ``Archive.read``."""
        page = list(islice(chain(self._jobs(after), self._rejects(after)), limit + 1))
        more = page[limit - 1][0] if len(page) > limit else None
        return [self._record(one) if isinstance(one, Row) else one for _, one in page[:limit]], more

    def _jobs(self, after: int) -> Iterator[tuple[int, Row | Failure]]:
        for seq in range(after + 1, self._table.last_seq + 1):
            if (row := self._table.rows.get(seq)) is not None:
                yield seq, row

    def _rejects(self, after: int) -> Iterator[tuple[int, Row | Failure]]:
        for number, failure in self._table.rejects.values():
            if FIRST_REJECT + number > after:
                yield FIRST_REJECT + number, failure

    def _record(self, row: Row) -> Record:
        if row.state is State.LEASED:
            raise in_hand(row.id)
        return Record(
            id=row.id,
            lane=row.lane,
            payload=row.payload,
            state=row.state,
            priority=row.priority,
            source=row.source,
            original=row.original,
            attempts=row.attempts,
            expiries=row.expiries,
            sent=row.sent,
            first_at=row.first_at,
            due_at=row.due_at,
            holds=self._table.holds(row),
            history=tuple(replace(attempt, number=number) for number, attempt in enumerate(row.history, 1)),
            problem=row.problem,
            failed_at=row.failed_at if row.problem else 0.0,
            result=row.result,
        )

    async def write(self, records: Sequence[Record | Failure]) -> Accepted:
        """Take in jobs and rejected rows; see ``Archive.write``."""
        known = {one.id: row for one in records if (row := self._table.by_id.get(one.id)) is not None}
        firsts = {id_: row.payload if row.original is None else row.original for id_, row in known.items()}
        arrivals = sorted_out(records, firsts, self._table.rejects)
        for record in arrivals.jobs:
            self._add(record)
        for failure in arrivals.rejects:
            self._table.reject(failure)
        return arrivals.accepted

    def _add(self, record: Record) -> None:
        row = Row(
            self._table.last_seq + 1,
            record.id,
            record.lane,
            record.payload,
            record.priority,
            record.source,
            record.original,
            attempts=record.attempts,
            expiries=record.expiries,
            sent=record.sent,
            first_at=record.first_at,
            history=list(record.history),
            problem=record.problem,
            failed_at=record.failed_at,
            result=record.result,
        )
        self._table.add(row, record.state)
        if record.due_at is not None:
            self._table.delay(row, record.due_at)
        if record.holds:
            self._table.hold(row)

    async def prune(self, before: float) -> int:
        """Forget delivered jobs; see ``Archive.prune``."""
        ended = self._table.endings.values()
        old = (row for row in ended if row.result is not None and row.result.delivered_at < before)
        gone = list(islice(old, _PRUNED))
        for row in gone:
            self._table.remove(row)
        return len(gone)
