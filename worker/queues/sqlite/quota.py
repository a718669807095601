"""Budgets that all workers of one file share: each batch is one transaction of two statements."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from worker.limits.book import Book
from worker.limits.budget import Budget
from worker.limits.quota import BookQuota
from worker.ports import Clock
from worker.queues.record import as_json
from worker.queues.sqlite.session import Session
from worker.queues.sqlite.thread import SessionThread

T = TypeVar("T")

#: After so many changes as many accounts, and as many again, are looked through for those that are full: bounded work,
#: and faster than new ones can come.
_SWEEP_AFTER: Final = 1_000


class SqliteQuota(BookQuota):
    """The ``Quota`` port over one file.

    The clock is read while the file is locked, so that no process's now lies before that of a change it builds on.
    """

    def __init__(self, thread: SessionThread, budgets: Mapping[str, Sequence[Budget]], clock: Clock) -> None:
        super().__init__(budgets)
        self._thread = thread
        self._clock = clock
        self._changes = 0
        self._swept = 0

    async def _on_book(
        self,
        names: Iterable[str],
        act: Callable[[Book], T],
        *,
        patient: bool = False,  # noqa: ARG002 - the thread takes one after the other as it is
    ) -> T:
        wanted = list(names)
        if not wanted:
            return act(Book(self._tariff, {}, self._clock.now()))
        return await self._thread.write(partial(self._work, names=wanted, act=act))

    def _work(self, session: Session, names: list[str], act: Callable[[Book], T]) -> T:
        now = self._clock.now()
        states = {name: tuple(state) for name, state in session.rows("read_quotas", names=as_json(names))}
        book = Book(self._tariff, states, now)
        answer = act(book)
        if book.changed:
            rows = [
                (name, as_json(state), self._tariff.account(name).full_at(state))
                for name, state in book.changed.items()
            ]
            session.change("keep_quotas", quotas=as_json(rows))
            self._sweep(session, len(rows), now)
        return answer

    def _sweep(self, session: Session, changes: int, now: float) -> None:
        """Forget accounts that are full again, a part of them at a time, round and round."""
        self._changes += changes
        if self._changes < _SWEEP_AFTER:
            return
        most = 2 * self._changes
        last = session.value("last_quota", after=self._swept, most=most)
        session.change("forget_quotas", after=self._swept, last=last, now=now)
        self._swept = 0 if last is None else last
        self._changes = 0
