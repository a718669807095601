"""Keeps account of every budget. What differs from store to store is only where the states are kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

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
    async def _on_book(self, names: Iterable[str], act: Callable[[Book], T], *, patient: bool = False) -> T:
        """Let ``act`` change these accounts, as nobody else does meanwhile; nothing is changed where this raises.

        Args:
            names: of all accounts that it may change, or looks at.
            act: called once or more often; the last call counts.
            patient: others that come within some milliseconds may be waited for, so that all are one change.
        """

    async def grant(self, asks: Sequence[Ask]) -> list[Grant]:
        """Pay for requests or costs; see ``Quota.grant``."""
        dues = [self._tariff.due(ask) for ask in asks]
        names = {due.name for one in dues for due in one}

        def act(book: Book) -> list[Grant]:
            return [
                book.grant(ask.most, one, LEAD_S if ask.cost is None else 0.0)
                for ask, one in zip(asks, dues, strict=True)
            ]

        return await self._on_book(names, act, patient=all(ask.cost is not None for ask in asks))

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
        await self._on_book({name for one in costs for name, _ in self._tariff.of_cost(*one)}, act, patient=True)

    async def observe(self, told: Sequence[Told]) -> None:
        """Keep to what APIs say; see ``Quota.observe``."""

        def act(book: Book) -> None:
            for word in told:
                book.observe(word)

        await self._on_book({told_name(word.scope) for word in told}, act, patient=True)


class Kept(NamedTuple):
    """An account in memory; it may be forgotten from ``full_at`` (epoch seconds) on."""

    state: State
    full_at: float


class MemoryQuota(BookQuota):
    """Accounts that live as long as the process does; those that are full again are forgotten.

    Args:
        accounts: by name; whoever makes several quotas has them draw on the same.
    """

    def __init__(
        self, budgets: Mapping[str, Sequence[Budget]], clock: Clock, accounts: dict[str, Kept] | None = None
    ) -> None:
        super().__init__(budgets)
        self._clock = clock
        self._accounts = {} if accounts is None else accounts
        self._sweep_at = _SWEEP_AT

    async def _on_book(
        self,
        names: Iterable[str],
        act: Callable[[Book], T],
        *,
        patient: bool = False,  # noqa: ARG002 - nothing is gained by waiting
    ) -> T:
        now = self._clock.now()
        kept = ((name, self._accounts.get(name)) for name in names)
        book = Book(self._tariff, {name: one.state for name, one in kept if one is not None}, now)
        answer = act(book)
        for name, state in book.changed.items():
            self._accounts[name] = Kept(state, self._tariff.account(name).full_at(state))
        if len(self._accounts) >= self._sweep_at:
            for name in [name for name, one in self._accounts.items() if one.full_at <= now]:
                del self._accounts[name]
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._accounts))
        return answer
