"""One account of one budget: a state machine without a clock, whose state is a few numbers.

Times are epoch seconds. A state is a plain tuple, so that a store can keep it; the empty one is that of an account from
which nothing was ever taken, and an account that is full again is forgotten.
"""

from typing import Final, Protocol

State = tuple[float, ...]

#: How far ahead slots are given: long enough for batches, short enough that a crash wastes little.
AHEAD_S: Final = 0.2

#: A wall clock that is set back by more than this was set on purpose. What lies ahead is moved back with it, as far as
#: it can have been ahead before; smaller steps are waited for.
JUMP_S: Final = 1.0

#: A double holds seconds since 1970 in steps of 2**-22 until 2038. Intervals are whole steps, so that a million of
#: them add up without an error, and what is handed back is exactly what was taken.
STEPS: Final = float(2**22)


class Account(Protocol):
    """The arithmetic of one kind of account."""

    def first(self, state: State, now: float, units: float) -> float:
        """The earliest moment, not before ``now``, at which so many units may go."""

    def take(self, state: State, at: float, units: float) -> State:
        """Charge units that go at a moment that ``first`` has named."""

    def mark(self, state: State) -> float:
        """A number that changes with whatever is taken or handed back."""

    def undo(self, state: State, units: float) -> State:
        """Hand back the units that were taken last."""

    def correct(self, state: State, units: float, at: float, now: float) -> State:
        """Charge ``units`` more (less, where negative) for what went at ``at``."""

    def rebased(self, state: State, now: float) -> State:
        """The state after the wall clock was set back, if it was: nobody waits longer than a period for that."""

    def full_at(self, state: State) -> float:
        """From when on the account is like one from which nothing was ever taken."""
