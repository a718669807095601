"""Requests spread evenly over time: GCRA (ITU-T I.371's generic cell rate algorithm).

The state is one number: when the account will be full again. Why no window of length ``per`` ever holds more than the
rate, at the server: a take at ``at`` leaves the state at ``at + interval`` or later, and each one after it adds an
interval. The state is never more than ``burst`` intervals ahead of the last slot, so the slots of the first and the
last of ``rate + 1`` requests are at least ``(rate + 1 - burst) * interval`` apart, which is ``per + slack``. The first
arrives no later than ``slack`` after its slot, and the last not before its own: they are ``per`` apart.
"""

from dataclasses import dataclass

from worker.limits.account import AHEAD_S, JUMP_S, STEPS, State
from worker.limits.budget import Budget


@dataclass(frozen=True, slots=True)
class Smooth:
    """The account of a budget of requests with ``window = "smooth"``."""

    budget: Budget

    def first(self, state: State, now: float, units: float) -> float:
        """See ``Account``."""
        if not state:
            return now
        at = state[0] - (self.budget.burst - units) * self.budget.interval_s
        return max(at, now)

    def take(self, state: State, at: float, units: float) -> State:
        """See ``Account``."""
        full_at = state[0] if state and state[0] > at else at
        return (full_at + units * self.budget.interval_s,)

    def mark(self, state: State) -> float:
        """See ``Account``."""
        return state[0]

    def undo(self, state: State, units: float) -> State:
        """See ``Account``. Where the account was full in between, it is less than was taken, never more.

        One step is kept, so that the mark of what was handed back does not come again.
        """
        return (state[0] - units * self.budget.interval_s + 1 / STEPS,)

    def correct(self, state: State, units: float, at: float, now: float) -> State:  # noqa: ARG002 - as Account has it
        """A request costs one unit, always."""
        return state

    def rebased(self, state: State, now: float) -> State:
        """See ``Account``."""
        if not state:
            return state
        latest = now + AHEAD_S + self.budget.burst * self.budget.interval_s
        return (latest,) if state[0] > latest + JUMP_S else state

    def full_at(self, state: State) -> float:
        """See ``Account``."""
        return state[0]
