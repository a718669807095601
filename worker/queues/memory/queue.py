"""The queue that every other queue must agree with."""

from collections.abc import Sequence

from worker.job import Entry, Lease, Source, State
from worker.outcome import Delivered, Settlement
from worker.ports import MOST_COUNTED, Accepted, Clock, Ready, Want
from worker.queues.content import decoded, is_known
from worker.queues.memory.table import Row, Table, result_of
from worker.queues.transition import Move, follows, move_of
from worker.queues.wants import merged


class MemoryQueue:
    """The ``Queue`` port over a ``Table``; nothing here ever waits."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def enqueue(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        """Take jobs in; see ``Queue.enqueue``."""
        return self._take(entries, file)

    def _take(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        duplicates, conflicts = [], []
        for index, entry in enumerate(entries):
            known = self._table.by_id.get(entry.id)
            if known is None:
                self._add(entry, file)
            elif is_known(entry.payload, (known.payload, known.original)):
                duplicates.append(index)
            else:
                conflicts.append(index)
        accepted = len(entries) - len(duplicates) - len(conflicts)
        return Accepted(accepted, tuple(duplicates), tuple(conflicts))

    def _add(self, entry: Entry, file: str | None) -> None:
        row = Row(self._table.last_seq + 1, entry.id, entry.lane, entry.payload, entry.priority)
        if file is not None and entry.line is not None:
            row.source = Source(file, entry.line)
        if entry.not_before is not None and entry.not_before > self._clock.now():
            self._table.add(row, State.DELAYED)
            self._table.delay(row, entry.not_before)
        else:
            self._table.add(row, State.READY)

    async def lease(self, wants: Sequence[Want], lease_s: float) -> list[Lease]:
        """Take ready jobs; see ``Queue.lease``."""
        until = self._clock.now() + lease_s
        return [self._lease(row, until) for want in merged(wants).values() for row in self._pop(want)]

    def _pop(self, want: Want) -> list[Row]:
        rows: list[Row] = []
        pop = self._table.pop_ordered if want.ordered else self._table.pop_ready
        while len(rows) < want.most and (row := pop(want.lane)) is not None:
            rows.append(row)
        return rows

    def _lease(self, row: Row, until: float) -> Lease:
        self._table.move(row, State.LEASED)
        row.fence += 1
        row.lease_until = until
        return Lease(
            row.seq,
            row.fence,
            row.lane,
            decoded(row.payload),
            row.attempts,
            row.expiries,
            row.source,
            row.sent,
            row.first_at,
        )

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Record outcomes; see ``Queue.settle``."""
        now = self._clock.now()
        recorded = [self._settle(settlement, now) for settlement in settlements]
        self._take(follows(settlements, recorded))
        return [new or self._is_settled(one.lease) for new, one in zip(recorded, settlements, strict=True)]

    def _settle(self, settlement: Settlement, now: float) -> bool:
        row = self._held(settlement.lease)
        if row is None:
            return False
        move = move_of(settlement, now)
        self._table.move(row, move.state)
        if move.due_at is not None:
            self._table.delay(row, move.due_at)
        self._record(row, settlement, move, now)
        return True

    @staticmethod
    def _record(row: Row, settlement: Settlement, move: Move, now: float) -> None:
        attempt = settlement.attempt
        row.settled_fence = settlement.lease.fence
        row.attempts += move.charge
        row.sent = move.sent
        if row.first_at is None:
            row.first_at = move.tried_at
        if move.recorded and attempt is not None:
            row.history.append(attempt)
        if move.problem is not None:
            row.problem, row.failed_at = move.problem, now
        if isinstance(settlement.outcome, Delivered):
            row.result = result_of(row, attempt, now)

    def _held(self, lease: Lease) -> Row | None:
        row = self._table.leased.get(lease.seq)
        return row if row is not None and row.fence == lease.fence else None

    def _is_settled(self, lease: Lease) -> bool:
        """Whether this very lease was settled, and the job has been in nobody's hands since."""
        row = self._table.rows.get(lease.seq)
        return row is not None and row.settled_fence == row.fence == lease.fence

    async def renew(self, leases: Sequence[Lease], lease_s: float, *, sent: bool = False) -> list[bool]:
        """Prolong leases; see ``Queue.renew``."""
        until = self._clock.now() + lease_s
        held = [self._held(lease) for lease in leases]
        for row in held:
            if row is not None:
                row.lease_until = until
                row.sent |= sent
        return [row is not None for row in held]

    async def promote(self) -> float | None:
        """Make due jobs ready; see ``Queue.promote``."""
        now = self._clock.now()
        while (row := self._table.pop_due(now)) is not None:
            self._table.move(row, State.READY)
        due_at = self._table.next_due()
        return None if due_at is None else due_at - now

    async def reclaim(self) -> int:
        """Make jobs ready whose lease ran out; see ``Queue.reclaim``."""
        now = self._clock.now()
        lost = [row for row in self._table.leased.values() if row.lease_until is not None and row.lease_until < now]
        for row in lost:
            self._table.move(row, State.READY)
            row.expiries += 1
        return len(lost)

    async def lanes(self) -> list[Ready]:
        """Lanes that have something to lease; see ``Queue.lanes``."""
        return [Ready(lane, min(rows, MOST_COUNTED)) for lane, rows in self._table.lanes()]
