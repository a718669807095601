"""What the API itself says is left: the same for all budgets, and heeded where it is less than they allow.

The state is: the requests that are left, until when, when the next may go, and when this was heard. It is forgotten
when its time is over.
"""

import math
from dataclasses import dataclass
from typing import Final

from worker.limits.account import JUMP_S, State

#: Resets are told in whole seconds, and reach us late: so far apart, two of them are about the same moment.
_SAME_S: Final = 1.5
_ROUNDED_S: Final = 1.0  # what is left is spread over the time without this, or short periods would never be used up
_MOST_S: Final = 86_400.0  # whatever an API says about later than tomorrow is not worth standing still for


@dataclass(frozen=True, slots=True)
class Told:
    """The account of what an API says."""

    def heard(self, state: State, remaining: float, reset_at: float, now: float) -> State:
        """Take over what an answer says.

        Of the same period the least counts: an answer does not know of the requests that are under way still.
        """
        reset_at = min(reset_at, now + _MOST_S)
        if reset_at <= now:
            return state
        if state and state[1] > now and abs(state[1] - reset_at) <= _SAME_S:
            return (min(state[0], max(remaining, 0.0)), *state[1:3], now)
        return (max(remaining, 0.0), reset_at, now, now)

    def first(self, state: State, now: float, units: float) -> float:
        """See ``Account``."""
        if not state or now >= state[1]:
            return now
        return state[1] if state[0] < units else max(now, min(state[2], state[1]))

    def take(self, state: State, at: float, units: float) -> State:
        """See ``Account``. The rest is spread evenly over the time."""
        if not state or at >= state[1]:
            return state
        remaining, reset_at, _, heard_at = state
        open_at = at + max(reset_at - at - _ROUNDED_S, 0.0) / max(remaining, 1.0) * units
        return (remaining - units, reset_at, max(open_at, math.nextafter(state[2], math.inf)), heard_at)

    def mark(self, state: State) -> float:
        """See ``Account``."""
        return state[2]

    def undo(self, state: State, units: float) -> State:
        """See ``Account``."""
        remaining, reset_at, open_at, heard_at = state
        return (remaining + units, reset_at, math.nextafter(open_at, math.inf), heard_at)

    def correct(self, state: State, units: float, at: float, now: float) -> State:  # noqa: ARG002 - as Account has it
        """What is left is counted in requests."""
        return state

    def rebased(self, state: State, now: float) -> State:
        """See ``Account``."""
        if not state or state[3] <= now + JUMP_S:
            return state
        back_s = state[3] - now
        return (state[0], *(at - back_s for at in state[1:]))

    def full_at(self, state: State) -> float:
        """See ``Account``."""
        return state[1]
