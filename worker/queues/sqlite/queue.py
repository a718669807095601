"""The hot side: jobs in, leases out, outcomes recorded. Each method is one transaction of a few statements."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from worker.job import Entry, Lane, Lease, Source, State
from worker.outcome import Delivered, Settlement
from worker.ports import Accepted, Clock, Want
from worker.queues.sqlite.bounds import bounded
from worker.queues.sqlite.inbox import take
from worker.queues.sqlite.moves import count_moves, number_of, state_of
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.record import failure_record, result_text
from worker.queues.sqlite.session import Session, as_json
from worker.queues.sqlite.thread import SessionThread
from worker.queues.transition import Move, move_of

#: Jobs promoted in one transaction: about 10 ms. Those left over are due at once.
_PROMOTED: Final = 5_000


class _Ready(NamedTuple):
    """A row of ``find_ready.sql``."""

    seq: int
    lane: int
    priority: int
    fence: int
    attempts: int
    expiries: int
    file: int | None
    line: int | None
    size: int


class SqliteQueue:
    """The ``Queue`` port over one file."""

    def __init__(self, thread: SessionThread, names: Names, clock: Clock) -> None:
        self._thread = thread
        self._names = names
        self._clock = clock

    async def enqueue(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        """Take jobs in, durably; see ``Queue.enqueue``."""
        if not entries:
            return Accepted(0)
        work = partial(take, names=self._names, entries=entries, file=file, now=self._clock.now())
        return await self._thread.write(work, durable=True)

    async def lease(self, wants: Sequence[Want], lease_s: float) -> list[Lease]:
        """Take ready jobs; see ``Queue.lease``. May hand out fewer than there are when they are very big."""
        most: Counter[Lane] = Counter()
        for want in wants:
            most[want.lane] += max(want.most, 0)
        work = partial(self._lease, most=most, until=self._clock.now() + lease_s)
        return await self._thread.write(work, undo=self._give_back)

    def _lease(self, session: Session, most: Counter[Lane], until: float) -> list[Lease]:
        numbers = self._names.known(session, most)
        lanes = {numbers[lane]: lane for lane in most if lane in numbers}
        ready = bounded(_find_ready(session, lanes, most))
        if not ready:
            return []
        seqs = as_json([row.seq for row in ready])
        session.change("mark_leased", seqs=seqs, until=until)
        count_moves(session, {State.READY: -len(ready), State.LEASED: len(ready)})
        bodies: dict[int, Any] = dict(session.rows("read_bodies", seqs=seqs))
        return [
            Lease(
                row.seq,
                row.fence + 1,
                lanes[row.lane],
                bodies[row.seq],
                row.attempts,
                row.expiries,
                None if row.file is None or row.line is None else Source(self._names.file(session, row.file), row.line),
            )
            for row in ready
        ]

    def _give_back(self, leases: list[Lease]) -> None:
        """Undo a lease whose caller was cancelled, so that its jobs need not wait until it runs out."""
        if leases:
            self._thread.later(partial(_release, leases=leases))

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Record outcomes; see ``Queue.settle``."""
        if not settlements:
            return []
        return await self._thread.write(partial(_settle, settlements=settlements, now=self._clock.now()))

    async def renew(self, leases: Sequence[Lease], lease_s: float) -> list[bool]:
        """Prolong leases; see ``Queue.renew``."""
        if not leases:
            return []
        return await self._thread.write(partial(_renew, leases=leases, until=self._clock.now() + lease_s))

    async def promote(self) -> float | None:
        """Make due jobs ready; see ``Queue.promote``. 0 when more are due than one transaction should move."""
        return await self._thread.write(partial(_promote, now=self._clock.now()))

    async def reclaim(self) -> int:
        """Make jobs ready whose lease ran out; see ``Queue.reclaim``."""
        return await self._thread.write(partial(_reclaim, now=self._clock.now()))

    async def lanes(self) -> list[Lane]:
        """Lanes that have something to lease."""
        names = await self._thread.read(lambda session: session.rows("list_ready_lanes"))
        return [Lane(*name) for name in names]


def _find_ready(session: Session, lanes: dict[int, Lane], most: Counter[Lane]) -> list[_Ready]:
    """The next jobs, lane by lane in the order asked; one statement for all lanes that want as many."""
    found = []
    for limit in set(most.values()) - {0}:
        numbers = [number for number, lane in lanes.items() if most[lane] == limit]
        found += [_Ready(*row) for row in session.rows("find_ready", lanes=as_json(numbers), most=limit)]
    rank = {number: place for place, number in enumerate(lanes)}
    return sorted(found, key=lambda row: (rank[row.lane], -row.priority, row.seq))


def _live(session: Session, leases: Sequence[Lease]) -> set[tuple[int, int]]:
    """Those leases that hold their jobs, as (seq, fence)."""
    seqs = as_json([lease.seq for lease in leases])
    return {(seq, fence) for seq, fence in session.rows("read_fences", seqs=seqs)}


def _settle(session: Session, settlements: Sequence[Settlement], now: float) -> list[bool]:
    live = _live(session, [settlement.lease for settlement in settlements])
    moves: list[tuple[Settlement, Move]] = []
    settled = []
    for item in settlements:
        lease = item.lease.seq, item.lease.fence
        settled.append(lease in live)
        if lease in live:
            live.remove(lease)  # of a lease that is given twice, only the first settles
            moves.append((item, move_of(item, now)))
    if moves:
        _move(session, moves)
        _record(session, moves, now)
    return settled


def _move(session: Session, moves: list[tuple[Settlement, Move]]) -> None:
    """Change the states: one statement for all jobs that go the same way, one for all that are delayed."""
    delayed: list[tuple[int, float]] = []
    ways: dict[tuple[int, int], list[int]] = {}
    for item, (state, due_at, charge, _, _) in moves:
        if due_at is not None:
            delayed.append((item.lease.seq, due_at))
        else:
            ways.setdefault((number_of(state), charge), []).append(item.lease.seq)
    counts = Counter({State.DELAYED: len(delayed), State.LEASED: -len(moves)})
    for (number, charge), seqs in ways.items():
        session.change("mark_settled", state=number, charge=charge, seqs=as_json(seqs))
        counts[state_of(number)] += len(seqs)
    if delayed:
        session.change("mark_delayed", moves=as_json(delayed))
    count_moves(session, counts)


def _record(session: Session, moves: list[tuple[Settlement, Move]], now: float) -> None:
    results: dict[str, str] = {}
    attempts, failures = [], []
    for item, move in moves:
        seq = item.lease.seq
        if move.recorded and item.attempt is not None:
            attempts.append((seq, item.lease.fence, item.attempt))
        if move.problem is not None:
            cause, status = move.problem.cause, move.problem.status
            failures.append((seq, cause, status, failure_record(move.problem, now)))
        elif isinstance(item.outcome, Delivered):
            results[str(seq)] = result_text(item.attempt, now)
    if results:
        session.change("add_results", results=as_json(results))
    if attempts:
        session.change("add_attempts", attempts=as_json(attempts))
    if failures:
        session.change("add_failures", failures=as_json(failures), now=now)


def _renew(session: Session, leases: Sequence[Lease], until: float) -> list[bool]:
    live = _live(session, leases)
    held = [(lease.seq, lease.fence) in live for lease in leases]
    seqs = [lease.seq for lease, holds in zip(leases, held, strict=True) if holds]
    session.change("mark_renewed", seqs=as_json(seqs), until=until)
    return held


def _release(session: Session, leases: list[Lease]) -> None:
    released = session.change("release", leases=as_json([(lease.seq, lease.fence) for lease in leases]))
    count_moves(session, {State.LEASED: -released, State.READY: released})


def _promote(session: Session, now: float) -> float | None:
    if promoted := session.change("mark_due", now=now, most=_PROMOTED):
        count_moves(session, {State.DELAYED: -promoted, State.READY: promoted})
    due_at = session.value("next_due")
    return None if due_at is None else max(0.0, due_at - now)


def _reclaim(session: Session, now: float) -> int:
    if expired := session.change("mark_expired", now=now):
        count_moves(session, {State.LEASED: -expired, State.READY: expired})
    return expired
