"""What was spent in the last ``per`` seconds, moment by moment, and no more than the rate of it.

Exact for any mixture of costs and for corrections: every moment's units are known until no window holds them any more.
Moments are merged to a 1,000th of the period, so a state is bounded; what is merged counts as the latest of it.

The state is: when the spacing lets the next unit go, the mark, the units in the log, and the log: time and units by
turns, ascending. Units count for ``per + slack``: the first may arrive by ``slack`` later than its slot.
"""

import math
from dataclasses import dataclass
from typing import Final

from worker.limits.account import AHEAD_S, JUMP_S, State
from worker.limits.budget import Budget

_LOG: Final = 3  # where the log begins
_GRAINS: Final = 1_000
_ROUNDING: Final = 1 + 1e-9  # what adding up fractions of units leaves over


@dataclass(frozen=True, slots=True)
class Sliding:
    """The account of a budget with ``window = "sliding"``, and of one of costs with ``window = "smooth"``."""

    budget: Budget

    def first(self, state: State, now: float, units: float) -> float:
        """See ``Account``. A lump larger than the burst is not saved up for: the log alone keeps every window."""
        if not state:
            return now
        at = max(now, state[0] - max(self.budget.burst - units, 0.0) * self.budget.interval_s)
        if len(state) > _LOG:
            at = max(at, state[-2])
        room = self.budget.rate * _ROUNDING - units
        total, index = state[2], _LOG
        while total > room and index < len(state):
            at = max(at, state[index] + self.budget.span_s)
            total -= state[index + 1]
            index += 2
        return at

    def take(self, state: State, at: float, units: float) -> State:
        """See ``Account``."""
        open_at, mark, total = state[:_LOG] or (at, 0.0, 0.0)
        index = _LOG
        while index < len(state) and state[index] + self.budget.span_s <= at:
            total -= state[index + 1]
            index += 2
        log = state[index:]
        if not log:
            log, total = (at, units), 0.0
        elif self._grain(log[-2]) == self._grain(at):
            log = (*log[:-2], at, log[-1] + units)
        else:
            log = (*log, at, units)
        open_at = max(open_at, at) + units * self.budget.interval_s
        return (open_at, max(at, math.nextafter(mark, math.inf)), total + units, *log)

    def mark(self, state: State) -> float:
        """See ``Account``."""
        return state[1]

    def undo(self, state: State, units: float) -> State:
        """See ``Account``."""
        open_at, mark, total = state[:_LOG]
        log, left = list(state[_LOG:]), units
        while left > 0 and log:
            back = min(left, log[-1])
            left -= back
            log[-1] -= back
            if log[-1] <= 0:
                del log[-2:]
        back = units - left
        return (open_at - back * self.budget.interval_s, math.nextafter(mark, math.inf), total - back, *log)

    def correct(self, state: State, units: float, at: float, now: float) -> State:
        """See ``Account``. What cost less and is not in the log any more weighs in no window: nothing to hand back."""
        units = min(units, self.budget.rate)  # an answer that claims more than a whole period's is not believed
        found = (index for index in range(_LOG, len(state), 2) if self._grain(state[index]) == self._grain(at))
        index = next(found, None)
        if index is None:
            return self.take(state, max(now, state[-2]) if len(state) > _LOG else now, units) if units > 0 else state
        units = max(units, -state[index + 1])
        open_at, mark, total = state[:_LOG]
        head = (open_at + units * self.budget.interval_s, math.nextafter(mark, math.inf), total + units)
        return (*head, *state[_LOG : index + 1], state[index + 1] + units, *state[index + 2 :])

    def rebased(self, state: State, now: float) -> State:
        """See ``Account``."""
        if len(state) <= _LOG or state[-2] <= now + AHEAD_S + JUMP_S:
            return state
        back_s = state[-2] - now - AHEAD_S
        times = {index: state[index] - back_s for index in (0, *range(_LOG, len(state), 2))}
        return tuple(times.get(index, number) for index, number in enumerate(state))

    def full_at(self, state: State) -> float:
        """See ``Account``."""
        return max(state[0], state[-2] + self.budget.span_s) if len(state) > _LOG else state[0]

    def _grain(self, at: float) -> float:
        return at * _GRAINS // self.budget.per_s
