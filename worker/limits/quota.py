"""Keeps account of every budget. What differs from store to store is only where the states are kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from worker.limits.account import State
from worker.limits.book import Book
from worker.limits.budget import Budget
from worker.limits.tariff import Tariff, told_name
from worker.ports import Ask, Clock, Correction, Grant, Refund, Told

T = TypeVar("T")

#: Requests are paid for before their jobs are leased and looked at: a slot that comes sooner would be half over then.
LEAD_S: Final = 0.02
_SWEEP_AT: Final = 4096  # accounts kept before full ones are looked for


class BookQuota(ABC):
    """The ``Quota`` port over whatever keeps states.

    Args:
        budgets: by API; one without any is not limited.
    """

    def __init__(self, budgets: Mapping[str, Sequence[Budget]]) -> None:
        self._tariff = Tariff(budgets)

    @abstractmethod
    async def _on_book(self, names: Iterable[str], act: Callable[[Book], T]) -> T:
        """Let ``act`` change these accounts, as nobody else does meanwhile; nothing is changed where this raises."""

    async def grant(self, asks: Sequence[Ask]) -> list[Grant]:
        """Pay for requests or costs; see ``Quota.grant``."""
        dues = [self._tariff.due(ask) for ask in asks]
        names = {due.name for one in dues for due in one}

        def act(book: Book) -> list[Grant]:
            return [
                book.grant(ask.most, one, LEAD_S if ask.cost is None else 0.0)
                for ask, one in zip(asks, dues, strict=True)
            ]

        return await self._on_book(names, act)

    async def refund(self, refunds: Sequence[Refund]) -> None:
        """Take back what was not used; see ``Quota.refund``. What was granted last has to come first."""

        def act(book: Book) -> None:
            for refund in refunds:
                book.refund(refund)

        await self._on_book({spent.account for refund in refunds for spent in refund.receipt}, act)

    async def correct(self, corrections: Sequence[Correction]) -> None:
        """Settle differences; see ``Quota.correct``."""

        def act(book: Book) -> None:
            for correction in corrections:
                book.correct(correction)

        costs = {(correction.lane, correction.cost) for correction in corrections}
        await self._on_book({name for one in costs for name, _ in self._tariff.of_cost(*one)}, act)

    async def observe(self, told: Sequence[Told]) -> None:
        """Keep to what APIs say; see ``Quota.observe``."""

        def act(book: Book) -> None:
            for word in told:
                book.observe(word)

        await self._on_book({told_name(word.scope) for word in told}, act)


class MemoryQuota(BookQuota):
    """Accounts that live as long as the process does; those that are full again are forgotten."""

    def __init__(self, budgets: Mapping[str, Sequence[Budget]], clock: Clock) -> None:
        super().__init__(budgets)
        self._clock = clock
        self._states: dict[str, State] = {}
        self._sweep_at = _SWEEP_AT

    async def _on_book(self, names: Iterable[str], act: Callable[[Book], T]) -> T:  # noqa: ARG002 - all are at hand
        now = self._clock.now()
        book = Book(self._tariff, self._states, now)
        answer = act(book)
        self._states |= book.changed
        if len(self._states) >= self._sweep_at:
            self._states = {name: state for name, state in self._states.items() if self._full_at(name, state) > now}
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._states))
        return answer

    def _full_at(self, name: str, state: State) -> float:
        return self._tariff.account(name).full_at(state)
