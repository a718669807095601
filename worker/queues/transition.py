"""What an outcome does to a job: the one table behind ``settle``, the same for every store."""

from collections.abc import Sequence
from typing import NamedTuple, assert_never

from worker.job import Entry, State
from worker.outcome import Dead, Delivered, Parked, Problem, Released, Retry, Settlement


class Move(NamedTuple):
    """Where a settled job goes.

    Attributes:
        due_at: epoch seconds at which a delayed job becomes ready; None in every other state.
        charge: attempts to add to the job, 0 or 1.
        problem: why it failed, of a job that is now dead or parked.
        recorded: the attempt belongs in the job's history.
        tried_at: epoch seconds of the attempt, of a job that will be tried again.
        sent: the next lease is told again what this one was told: a request of an earlier one may have been sent.
    """

    state: State
    due_at: float | None = None
    charge: int = 0
    problem: Problem | None = None
    recorded: bool = False
    tried_at: float | None = None
    sent: bool = False


def move_of(settlement: Settlement, now: float) -> Move:
    """Decide what a settlement does; ``now`` is in epoch seconds.

    A retry is always charged, so that a job that crashes its worker before the request cannot go round for ever.
    """
    attempt = settlement.attempt
    made = attempt is not None
    match settlement.outcome:
        case Delivered():
            return Move(State.DELIVERED, charge=int(made))
        case Retry(delay_s=delay_s):
            tried_at = attempt.at if attempt else now
            return Move(*_later(now, delay_s), charge=1, recorded=made, tried_at=tried_at)
        case Dead(problem=problem):
            return Move(State.DEAD, charge=int(made), problem=problem, recorded=made)
        case Parked(problem=problem):
            return Move(State.PARKED, charge=int(made), problem=problem, recorded=made)
        case Released(aside_s=aside_s):
            return Move(*_later(now, aside_s), sent=settlement.lease.sent and not made)
        case _:
            assert_never(settlement.outcome)


def _later(now: float, delay_s: float) -> tuple[State, float | None]:
    return (State.DELAYED, now + delay_s) if delay_s > 0 else (State.READY, None)


def follows(settlements: Sequence[Settlement], recorded: Sequence[bool]) -> list[Entry]:
    """The jobs that follow from those settlements that were recorded now."""
    new = (one for one, is_new in zip(settlements, recorded, strict=True) if is_new)
    return [one.follow for one in new if one.follow is not None]
