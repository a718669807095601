"""What an outcome does to a job: the one table behind ``settle``, the same for every store."""

from typing import NamedTuple, assert_never

from worker.job import State
from worker.outcome import Dead, Delivered, Parked, Problem, Released, Retry, Settlement


class Move(NamedTuple):
    """Where a settled job goes.

    Attributes:
        due_at: epoch seconds at which a delayed job becomes ready; None in every other state.
        charge: attempts to add to the job, 0 or 1.
        problem: why it failed, of a job that is now dead or parked.
        recorded: the attempt belongs in the job's history.
    """

    state: State
    due_at: float | None = None
    charge: int = 0
    problem: Problem | None = None
    recorded: bool = False


def move_of(settlement: Settlement, now: float) -> Move:
    """Decide what a settlement does; ``now`` is in epoch seconds.

    A retry is always charged, so that a job that crashes its worker before the request cannot go round for ever.
    """
    made = settlement.attempt is not None
    match settlement.outcome:
        case Delivered():
            return Move(State.DELIVERED, charge=int(made))
        case Retry(delay_s=delay_s) if delay_s > 0:
            return Move(State.DELAYED, due_at=now + delay_s, charge=1, recorded=made)
        case Retry():
            return Move(State.READY, charge=1, recorded=made)
        case Dead(problem=problem):
            return Move(State.DEAD, charge=int(made), problem=problem, recorded=made)
        case Parked(problem=problem):
            return Move(State.PARKED, charge=int(made), problem=problem, recorded=made)
        case Released():
            return Move(State.READY)
        case _:
            assert_never(settlement.outcome)
