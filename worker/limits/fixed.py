"""So many in each window, and the windows stand side by side from the epoch on: 12:00:00, 12:01:00.

What goes near the edge of a window may arrive in its neighbour, or the server's clock may be a little off: within
``slack`` of an edge it counts in both.

The state is: a window's number, the units of the window before it, its own and those of the next, when the spacing lets
the next unit go, and the mark.
"""

import math
from dataclasses import dataclass
from typing import Final

from worker.limits.account import AHEAD_S, JUMP_S, State
from worker.limits.budget import Budget

_ROUNDING: Final = 1 + 1e-9  # what adding up fractions of units leaves over


@dataclass(frozen=True, slots=True)
class Fixed:
    """The account of a budget with ``window = "fixed"``."""

    budget: Budget

    def first(self, state: State, now: float, units: float) -> float:
        """See ``Account``."""
        if not state:
            return now
        at = max(now, state[4])
        room = self.budget.rate * _ROUNDING - units
        while full := [number for number in self._windows(at) if _count(state, number) > room]:
            at = (full[0] + 1) * self.budget.per_s + self.budget.slack_s  # out of its reach
        return at

    def take(self, state: State, at: float, units: float) -> State:
        """See ``Account``."""
        number = self._window(at)
        touched = self._windows(at)
        counts = [_count(state, one) + (units if one in touched else 0.0) for one in (number - 1, number, number + 1)]
        open_at, mark = state[4:] or (at, 0.0)
        return (
            number,
            *counts,
            max(open_at, at) + units * self.budget.interval_s,
            max(at, math.nextafter(mark, math.inf)),
        )

    def mark(self, state: State) -> float:
        """See ``Account``."""
        return state[5]

    def undo(self, state: State, units: float) -> State:
        """See ``Account``. What counts in two windows is handed back in one of them."""
        number, before, here, after, open_at, mark = state
        back = min(units, here)
        open_at -= back * self.budget.interval_s
        return (number, before, here - back, after, open_at, math.nextafter(mark, math.inf))

    def correct(self, state: State, units: float, at: float, now: float) -> State:
        """See ``Account``. Nobody knows in which window a server counts what it learned later: more is charged now."""
        units = min(units, self.budget.rate)  # an answer that claims more than a whole period's is not believed
        if units > 0:
            return self.take(state, max(now, state[0] * self.budget.per_s) if state else now, units)
        if not state or self._window(at) != state[0]:
            return state
        return self.undo(state, -units)

    def rebased(self, state: State, now: float) -> State:
        """See ``Account``."""
        if not state or state[0] * self.budget.per_s <= now + AHEAD_S + JUMP_S:
            return state
        return (self._window(now), *state[1:4], min(state[4], now + AHEAD_S), state[5])

    def full_at(self, state: State) -> float:
        """See ``Account``."""
        return max(state[4], (state[0] + 2) * self.budget.per_s + self.budget.slack_s)

    def _window(self, at: float) -> float:
        return at // self.budget.per_s

    def _windows(self, at: float) -> list[float]:
        """The windows in which it may count what goes at ``at``, ascending."""
        per_s, slack_s = self.budget.per_s, self.budget.slack_s
        number = at // per_s
        before = [number - 1] if at < number * per_s + slack_s else []
        after = [number + 1] if at > (number + 1) * per_s - slack_s else []
        return [*before, number, *after]


def _count(state: State, number: float) -> float:
    if not state:
        return 0.0
    place = int(number - state[0]) + 2
    return state[place] if 1 <= place <= 3 else 0.0  # noqa: PLR2004 - the three counts of a state
