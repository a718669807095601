"""Slots of one lane that were paid for and not given to a job yet."""

from collections import deque

from worker.ports import Grant, Refund
from worker.stages.pace import Slot


class Purse:
    """What is left of the grants to one lane, the earliest slot first."""

    def __init__(self) -> None:
        self._slots: deque[Slot] = deque()
        self._last: Grant | None = None

    def __len__(self) -> int:
        return len(self._slots)

    def put(self, grant: Grant) -> None:
        """Add what was granted. Only the last slot of a grant can be handed back by itself."""
        if grant.slots:
            self._slots.extend([Slot(at, grant.late_s) for at in grant.slots[:-1]])
            self._slots.append(Slot(grant.slots[-1], grant.late_s, grant.receipt))
            self._last = grant

    def take(self) -> Slot:
        """The next slot."""
        return self._slots.popleft()

    def discard_missed(self, now: float) -> None:
        """Throw away slots whose time has passed; a slot cannot be kept for later."""
        while self._slots and self._slots[0].missed(now):
            self._slots.popleft()

    def empty(self) -> list[Refund]:
        """Hand back what is left, as far as it belongs to the last grant: earlier ones cannot be undone."""
        if self._last is None or not self._slots:
            return []
        unused = min(len(self._slots), len(self._last.slots))
        self._slots.clear()
        return [Refund(self._last.receipt, unused)]
