"""The jobs of a memory queue: rows, and the heaps that make leasing independent of how many wait."""

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace

from worker.failure import Failure, Result
from worker.job import Lane, Source, State
from worker.outcome import Attempt, Problem
from worker.queues.content import decoded
from worker.queues.memory.waiting import Waiting
from worker.redaction import redact


@dataclass(slots=True)
class Row:
    """A job as the queue knows it.

    Attributes:
        original: the first content of one that was mended.
        settled_fence: the fence of the lease that was settled last; 0 for none.
    """

    seq: int
    id: str
    lane: Lane
    payload: str
    priority: int = 0
    source: Source | None = None
    original: str | None = None
    state: State = State.READY
    attempts: int = 0
    fence: int = 0
    settled_fence: int = 0
    expiries: int = 0
    sent: bool = False
    first_at: float | None = None
    due_at: float | None = None
    lease_until: float | None = None
    history: list[Attempt] = field(default_factory=list)
    problem: Problem | None = None
    failed_at: float = 0.0
    result: Result | None = None
    ending: int = 0


def result_of(row: Row, attempt: Attempt | None, delivered_at: float) -> Result:
    """What a row was answered by the attempt that delivered it; None where a person says that it was delivered."""
    return Result(
        id=row.id,
        lane=row.lane,
        status=attempt.status if attempt else None,
        elapsed_ms=attempt.elapsed_ms if attempt else 0.0,
        attempts=len(row.history) + int(attempt is not None),
        reply=attempt.reply if attempt else None,
        meta=decoded(row.payload).get("meta"),
        delivered_at=delivered_at,
    )


class Table:
    """Every row, and an index for each question that is asked often."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.by_id: dict[str, Row] = {}
        self.last_seq = 0
        self.states: Counter[State] = Counter()
        self.leased: dict[int, Row] = {}
        self.failed: dict[int, Row] = {}
        self.endings: dict[int, Row] = {}
        self.last_ending = 0
        self.rejects: dict[str, tuple[int, Failure]] = {}
        self.last_reject = 0
        self._ready: dict[Lane, Waiting] = {}
        self._held: dict[Lane, int] = {}
        self._delayed: list[tuple[float, int]] = []

    def add(self, row: Row, state: State) -> None:
        """Take in a row whose id is new."""
        self.last_seq = row.seq
        self.rows[row.seq] = self.by_id[row.id] = row
        self._enter(row, state)

    def move(self, row: Row, state: State) -> None:
        """Take a row into another state; one that is ready or delayed must have been popped."""
        self._leave(row)
        self._enter(row, state)

    def remove(self, row: Row) -> None:
        """Forget a row that has ended."""
        self._leave(row)
        del self.rows[row.seq], self.by_id[row.id]

    def reject(self, failure: Failure) -> bool:
        """Keep a row that is no job, redacted; False where its id is kept already."""
        if failure.id in self.rejects:
            return False
        self.last_reject += 1
        kept = replace(failure, job=redact(failure.job), state=None, attempts=())
        self.rejects[failure.id] = (self.last_reject, kept)
        return True

    def hold(self, row: Row) -> None:
        """Let a row that is ready or delayed hold its lane, should that be leased in order."""
        self._held[row.lane] = row.seq

    def holds(self, row: Row) -> bool:
        """Whether a row holds its lane."""
        return self._held.get(row.lane) == row.seq

    def pop_ready(self, lane: Lane) -> Row | None:
        """The next row of a lane: highest priority first, then oldest first. The caller moves it at once."""
        waiting = self._ready.get(lane)
        return self._popped(lane, waiting.pop_first()) if waiting else None

    def pop_ordered(self, lane: Lane) -> Row | None:
        """The next row of a lane whose rows go one after the other, which holds it from now on; the oldest first.

        The row that holds the lane goes before all others, and while it is leased or delayed none goes.
        """
        waiting = self._ready.get(lane)
        if not waiting or self._blocked(lane):
            return None
        if lane in self._held:
            holder = self.rows[self._held[lane]]
            waiting.remove(holder.priority, holder.seq)
        else:
            holder = self.rows[waiting.pop_oldest()]
            self._held[lane] = holder.seq
        return self._popped(lane, holder.seq)

    def pop_due(self, now: float) -> Row | None:
        """A delayed row whose time has come. The caller moves it at once."""
        if not self._delayed or self._delayed[0][0] > now:
            return None
        return self.rows[heapq.heappop(self._delayed)[1]]

    def next_due(self) -> float | None:
        """Epoch seconds at which the next delayed row is due."""
        return self._delayed[0][0] if self._delayed else None

    def lanes(self) -> list[tuple[Lane, int]]:
        """Lanes that can give a row now, and how many rows of each are ready."""
        return [(lane, len(waiting)) for lane, waiting in self._ready.items() if not self._blocked(lane)]

    def delay(self, row: Row, due_at: float) -> None:
        """Note when a row that has entered DELAYED is due."""
        row.due_at = due_at
        heapq.heappush(self._delayed, (due_at, row.seq))

    def _popped(self, lane: Lane, seq: int) -> Row:
        if not self._ready[lane]:
            del self._ready[lane]
        return self.rows[seq]

    def _blocked(self, lane: Lane) -> bool:
        return lane in self._held and self.rows[self._held[lane]].state is not State.READY

    def _leave(self, row: Row) -> None:
        self.states[row.state] -= 1
        self.leased.pop(row.seq, None)
        self.failed.pop(row.seq, None)
        self.endings.pop(row.ending, None)
        row.due_at = row.lease_until = None

    def _enter(self, row: Row, state: State) -> None:
        row.state = state
        self.states[state] += 1
        if state is State.READY:
            self._ready.setdefault(row.lane, Waiting()).add(row.priority, row.seq)
        elif state is State.LEASED:
            self.leased[row.seq] = row
        elif state is not State.DELAYED:
            self._end(row)

    def _end(self, row: Row) -> None:
        self.last_ending += 1
        row.ending = self.last_ending
        self.endings[row.ending] = row
        if self._held.get(row.lane) == row.seq:
            del self._held[row.lane]
        if row.state is not State.DELIVERED:
            self.failed[row.seq] = row
