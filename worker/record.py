"""A job with everything that a store knows of it: what goes from one store to another."""

from dataclasses import dataclass

from worker.failure import Result
from worker.job import Lane, Source, State
from worker.outcome import Attempt, Problem


@dataclass(frozen=True, slots=True)
class Record:
    """One job in one state; nobody has it in hand.

    Attributes:
        payload: its content as JSON text, unredacted.
        state: any but LEASED.
        original: the first content of one that was mended.
        attempts: those that it is charged with.
        expiries: leases of it that ran out.
        sent: a request of a lease that ran out may have been sent.
        first_at: epoch seconds of the first try of a job that is tried again.
        due_at: epoch seconds at which a delayed job becomes ready.
        holds: no other job of its lane goes before it, where that is leased in order: a ready or delayed one that was
            leased before.
        history: its recorded attempts, counted from 1, the oldest first; the one that delivered it is its result.
        problem: why it failed, where it is dead or parked; with ``failed_at`` in epoch seconds.
        result: what it was answered, where it is delivered.
    """

    id: str
    lane: Lane
    payload: str
    state: State
    priority: int = 0
    source: Source | None = None
    original: str | None = None
    attempts: int = 0
    expiries: int = 0
    sent: bool = False
    first_at: float | None = None
    due_at: float | None = None
    holds: bool = False
    history: tuple[Attempt, ...] = ()
    problem: Problem | None = None
    failed_at: float = 0.0
    result: Result | None = None

    @property
    def first_payload(self) -> str:
        """What was submitted under this id."""
        return self.payload if self.original is None else self.original
