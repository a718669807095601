"""The hot side: jobs in, leases out, outcomes recorded. Each method is one transaction of a few statements."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from worker.job import Entry, Lane, Lease, State
from worker.outcome import Settlement
from worker.ports import MOST_COUNTED, Accepted, Clock, Ready, Want
from worker.queues.sqlite.inbox import take
from worker.queues.sqlite.leasing import lease, reclaim, release, renew
from worker.queues.sqlite.moves import count_moves
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.session import Session
from worker.queues.sqlite.settling import settle
from worker.queues.sqlite.thread import SessionThread
from worker.queues.wants import merged

#: Jobs promoted in one transaction: about 10 ms. Those left over are due at once.
_PROMOTED: Final = 5_000


class SqliteQueue:
    """The ``Queue`` port over one file."""

    def __init__(self, thread: SessionThread, names: Names, clock: Clock) -> None:
        self._thread = thread
        self._names = names
        self._clock = clock

    async def enqueue(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        """Take jobs in, durably; see ``Queue.enqueue``."""
        if not entries:
            return Accepted(0)
        work = partial(take, names=self._names, entries=entries, file=file, now=self._clock.now())
        return await self._thread.write(work, durable=True)

    async def lease(self, wants: Sequence[Want], lease_s: float) -> list[Lease]:
        """Take ready jobs; see ``Queue.lease``. May hand out fewer than there are when they are very big."""
        until = self._clock.now() + lease_s
        work = partial(lease, names=self._names, wants=merged(wants), until=until)
        return await self._thread.write(work, undo=self._give_back)

    def _give_back(self, leases: list[Lease]) -> None:
        """Undo a lease whose caller was cancelled, so that its jobs need not wait until it runs out."""
        if leases:
            self._thread.later(partial(release, leases=leases))

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Record outcomes; see ``Queue.settle``."""
        if not settlements:
            return []
        work = partial(settle, names=self._names, settlements=settlements, now=self._clock.now())
        return await self._thread.write(work)

    async def renew(self, leases: Sequence[Lease], lease_s: float, *, sent: bool = False) -> list[bool]:
        """Prolong leases; see ``Queue.renew``."""
        if not leases:
            return []
        work = partial(renew, leases=leases, until=self._clock.now() + lease_s, sent=sent)
        return await self._thread.write(work, durable=sent)

    async def promote(self) -> float | None:
        """Make due jobs ready; see ``Queue.promote``. 0 when more are due than one transaction should move."""
        return await self._thread.write(partial(_promote, now=self._clock.now()))

    async def reclaim(self) -> int:
        """Make jobs ready whose lease ran out; see ``Queue.reclaim``."""
        return await self._thread.write(partial(reclaim, now=self._clock.now()))

    async def lanes(self) -> list[Ready]:
        """Lanes that have something to lease; see ``Queue.lanes``."""
        found = await self._thread.read(lambda session: session.rows("list_ready_lanes", most=MOST_COUNTED))
        return [Ready(Lane(*name), jobs) for name, jobs in found]


def _promote(session: Session, now: float) -> float | None:
    if promoted := session.change("mark_due", now=now, most=_PROMOTED):
        count_moves(session, {State.DELAYED: -promoted, State.READY: promoted})
    due_at = session.value("next_due")
    return None if due_at is None else max(0.0, due_at - now)
