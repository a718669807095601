"""The accounts that a batch draws on, at one moment: every store lends their states, and keeps what has changed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from worker.limits.account import AHEAD_S, Account, State
from worker.limits.tariff import Due, Tariff, told, told_name
from worker.ports import Correction, Grant, Refund, Spent, Told

#: Whoever got all there was comes back when half as much is there again, and not for every single slot.
COME_BACK_S: Final = AHEAD_S / 2


class Book:
    """Charges, and hands back, all or nothing.

    Args:
        states: by account name; absent where nothing was taken.
        now: epoch seconds.

    Attributes:
        changed: the new states, for the store to keep.
    """

    def __init__(self, tariff: Tariff, states: Mapping[str, State], now: float) -> None:
        self._tariff = tariff
        self._lent = states
        self._now = now
        self._states: dict[str, State] = {}
        self.changed: dict[str, State] = {}

    def grant(self, most: int, dues: Sequence[Due], lead_s: float = 0.0) -> Grant:
        """As many slots, one unit at a time, as begin soon enough, and not before ``lead_s``; see ``Quota.grant``."""
        dues = [due for due in dues if self._state(due.name, due.account) or due.budget is not None]
        if not dues:
            return Grant((0.0,) * most, math.inf, 0.0)
        late_s = min((due.budget.late_s for due in dues if due.budget is not None), default=math.inf)
        for due in dues:
            if due.budget is not None and due.units > due.budget.rate:
                return Grant((), late_s, math.inf, by=due.by)
        charged = [due for due in dues if due.charged]
        slots: list[float] = []
        at, last = self._now + lead_s, self._now + AHEAD_S
        while len(slots) < most and (at := self._first(dues, at)) <= last:
            for due in charged:
                self.changed[due.name] = self._states[due.name] = due.account.take(
                    self._states[due.name], at, due.units
                )
            slots.append(at)
        receipt = self._receipt(charged) if slots else ()
        if len(slots) == most:
            return Grant(tuple(slots), late_s, 0.0, receipt)
        return Grant(tuple(slots), late_s, max(at - last, COME_BACK_S), receipt, self._latest(dues))

    def refund(self, refund: Refund) -> None:
        """Hand back to the accounts that nobody has drawn on since; see ``Quota.refund``."""
        for name, after, units in refund.receipt:
            account = self._tariff.account(name)
            state = self._state(name, account)
            if state and account.mark(state) == after:
                self._put(name, account.undo(state, units * refund.unused))

    def correct(self, correction: Correction) -> None:
        """See ``Quota.correct``."""
        lane, cost, units, at = correction
        for name, account in self._tariff.of_cost(lane, cost):
            self._put(name, account.correct(self._state(name, account), units, at, self._now))

    def observe(self, word: Told) -> None:
        """See ``Quota.observe``."""
        name = told_name(word.scope)
        self._put(name, told().heard(self._state(name, told()), word.remaining, word.reset_at, self._now))

    def _first(self, dues: Sequence[Due], at: float) -> float:
        """The earliest moment at which every account can pay."""
        while True:
            before = at
            for due in dues:
                at = due.account.first(self._states[due.name], at, due.units)
            if at == before or len(dues) == 1:
                return at

    def _latest(self, dues: Sequence[Due]) -> str:
        """Whose account is the last to open."""
        return max(dues, key=lambda due: due.account.first(self._states[due.name], self._now, due.units)).by

    def _receipt(self, dues: Iterable[Due]) -> tuple[Spent, ...]:
        return tuple(Spent(due.name, due.account.mark(self._states[due.name]), due.units) for due in dues)

    def _state(self, name: str, account: Account) -> State:
        state = self._states.get(name)
        if state is None:
            lent = self._lent.get(name, ())
            state = self._states[name] = account.rebased(lent, self._now)
            if state is not lent:  # kept, or it would be moved along with the clock again and again
                self.changed[name] = state
        return state

    def _put(self, name: str, state: State) -> None:
        if state != self._states[name]:
            self.changed[name] = self._states[name] = state
