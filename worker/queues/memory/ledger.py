"""The ledger that every other ledger must agree with."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.job import Lane, State
from worker.ports import Edit
from worker.queues.content import decoded, place_of
from worker.queues.memory.table import Row, Table, result_of
from worker.queues.paging import FIRST_REJECT, selects
from worker.redaction import redact


class MemoryLedger:
    """The ``Ledger`` port over a ``Table``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def counts(self) -> Counts:
        """Jobs by state, failures by cause; see ``Ledger.counts``."""
        failed = (row.problem for row in self._table.failed.values())
        rejected = (failure.problem for _, failure in self._table.rejects.values())
        causes = Counter(problem.cause for problem in chain(failed, rejected) if problem is not None)
        return Counts({state: self._table.states[state] for state in State}, causes)

    async def lanes(self) -> list[LaneCounts]:
        """Lanes with unfinished jobs; see ``Ledger.lanes``."""
        found: defaultdict[Lane, Counter[State]] = defaultdict(Counter)
        for row in self._table.rows.values():
            if row.state in {State.READY, State.DELAYED, State.LEASED}:
                found[row.lane][row.state] += 1
        return [
            LaneCounts(lane, counts[State.READY], counts[State.DELAYED], counts[State.LEASED])
            for lane, counts in sorted(found.items(), key=lambda item: str(item[0]))
        ]

    async def failures(
        self, selection: Selection, after: int = 0, limit: int = 500
    ) -> tuple[list[Failure], int | None]:
        """A page of failures; see ``Ledger.failures``."""
        found = (item for item in chain(self._failed(after), self._rejected(after)) if selects(selection, item[1]))
        page = list(islice(found, limit + 1))
        more = page[limit - 1][0] if len(page) > limit else None
        return [failure for _, failure in page[:limit]], more

    def _failed(self, after: int) -> Iterator[tuple[int, Failure]]:
        failed = self._table.failed
        for seq in range(after + 1, self._table.last_seq + 1):
            if (row := failed.get(seq)) is not None:
                yield seq, _failure(row)

    def _rejected(self, after: int) -> Iterator[tuple[int, Failure]]:
        for number, failure in self._table.rejects.values():
            if (cursor := FIRST_REJECT + number) > after:
                yield cursor, failure

    async def results(self, after: int = 0, limit: int = 500) -> tuple[list[Result], int | None]:
        """A page of results; see ``Ledger.results``."""
        seqs = range(after + 1, self._table.last_seq + 1)
        rows = (row for seq in seqs if (row := self._table.rows.get(seq)) is not None)
        page = list(islice(((row.seq, row.result) for row in rows if row.result is not None), limit + 1))
        more = page[limit - 1][0] if len(page) > limit else None
        return [result for _, result in page[:limit]], more

    async def endings(self, after: int = 0, limit: int = 500) -> list[Ending]:
        """A page of jobs that have ended; see ``Ledger.endings``."""
        numbers = range(after + 1, self._table.last_ending + 1)
        rows = (row for number in numbers if (row := self._table.endings.get(number)) is not None)
        return [Ending(row.ending, row.result or _failure(row)) for row in islice(rows, limit)]

    async def reject(self, failures: Sequence[Failure]) -> int:
        """Keep rows that are no jobs; see ``Ledger.reject``."""
        return sum(map(self._table.reject, failures))

    async def replay(self, edits: Sequence[Edit]) -> int:
        """Send failed jobs again; see ``Ledger.replay``."""
        done = 0
        for edit in edits:
            row = self._table.by_id.get(edit.id)
            if row is not None and row.seq in self._table.failed:
                _mend(row, edit)
                if edit.due_at is None:
                    self._table.move(row, State.READY)
                else:
                    self._table.move(row, State.DELAYED)
                    self._table.delay(row, edit.due_at)
                done += 1
        return done

    async def resolve(self, ids: Sequence[str], at: float) -> int:
        """Call parked jobs delivered; see ``Ledger.resolve``."""
        done = 0
        for id_ in ids:
            row = self._table.by_id.get(id_)
            if row is not None and row.state is State.PARKED:
                self._table.move(row, State.DELIVERED)
                row.result = result_of(row, None, at)
                row.problem = None
                done += 1
        return done

    async def discard(self, ids: Sequence[str]) -> int:
        """Forget failures; see ``Ledger.discard``."""
        gone = 0
        for id_ in ids:
            row = self._table.by_id.get(id_)
            if row is not None and row.seq in self._table.failed:
                self._table.remove(row)
                gone += 1
            gone += self._table.rejects.pop(id_, None) is not None
        return gone

    async def payloads(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The jobs' content; see ``Ledger.payloads``."""
        return {id_: row.payload for id_ in ids if (row := self._table.by_id.get(id_)) is not None}


def _mend(row: Row, edit: Edit) -> None:
    if edit.payload is not None:
        row.original = row.original or row.payload
        row.payload = edit.payload
        row.lane, row.priority = place_of(edit.payload, row.lane)
    row.attempts = row.expiries = row.settled_fence = 0
    row.sent, row.first_at = False, None
    row.problem = None


def _failure(row: Row) -> Failure:
    assert row.problem is not None
    job = decoded(row.payload)
    attempts = tuple(replace(attempt, number=number) for number, attempt in enumerate(row.history, 1))
    return Failure(
        id=row.id,
        lane=row.lane,
        problem=row.problem,
        job=redact(job),
        failed_at=row.failed_at,
        state=row.state,
        attempts=attempts,
        source=row.source,
        meta=job.get("meta"),
    )
