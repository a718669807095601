"""The hot side: jobs in, leases out, outcomes recorded. Each method is one statement, wherever that is possible."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Final

import orjson

from worker.errors import StoreAwayError
from worker.job import Entry, Lane, Lease
from worker.outcome import Settlement
from worker.ports import MOST_COUNTED, Accepted, Clock, Ready, Want
from worker.queues.portions import STATEMENT, chars, portions
from worker.queues.postgres.days import Days
from worker.queues.postgres.inbox import take, told_apart
from worker.queues.postgres.leasing import lease, lease_ordered
from worker.queues.postgres.names import Names, file_text
from worker.queues.postgres.session import Session, Statements, Transaction
from worker.queues.postgres.settling import settle, settled
from worker.queues.transition import follows
from worker.queues.wants import merged

#: Jobs promoted or reclaimed in one transaction: some 50 ms. Those left over are taken the next time.
_MOVED: Final = 5_000

#: A batch leaves a row of counts behind. After so many of ours, as many as ten workers leave meanwhile become one.
_FOLD_AFTER: Final = 100
_FOLDED: Final = 1_000


class PostgresQueue:
    """The ``Queue`` port over tables of a schema."""

    def __init__(self, session: Session, names: Names, days: Days, clock: Clock) -> None:
        self._session = session
        self._names = names
        self._days = days
        self._clock = clock
        self._batches = 0

    async def enqueue(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        """Take jobs in, durably; see ``Queue.enqueue``."""
        if not entries:
            return Accepted(0)
        with self._doubting():
            return await self._enqueue(entries, file)

    async def _enqueue(self, entries: Sequence[Entry], file: str | None) -> Accepted:
        lanes = await self._names.lanes(entry.lane for entry in entries)
        source = None if file is None else (await self._names.file(file), file_text(file))
        now = self._clock.now()
        cut = list(portions(entries, STATEMENT, chars))

        async def work(run: Statements) -> list[int]:
            return [start + index for start, part in cut for index in await take(run, part, lanes, source, now)]

        known = await (self._session.transaction(work) if len(cut) > 1 else work(self._session))
        self._batches += 1
        return await told_apart(self._session, entries, known)

    async def lease(self, wants: Sequence[Want], lease_s: float) -> list[Lease]:
        """Take ready jobs; see ``Queue.lease``. May hand out fewer than there are when they are very big."""
        now = self._clock.now()
        asked = list(merged(wants).values())
        if not asked:
            return []
        free = [want for want in asked if not want.ordered]
        ordered = [want for want in asked if want.ordered]
        lease_free = partial(lease, wants=free, finder="find_ready", now=now, until=now + lease_s)

        async def lease_all(transaction: Transaction) -> list[Lease]:
            taken = await lease_free(transaction) if free else []
            taken += await lease_ordered(transaction, ordered, now=now, until=now + lease_s)
            rank = {want.lane: place for place, want in enumerate(asked)}
            return sorted(taken, key=lambda one: rank[one.lane])

        self._batches += 1
        if ordered:
            return await self._session.transaction(lease_all, undo=self._give_back)
        return await self._session.single(lease_free, undo=self._give_back)

    def _give_back(self, leases: list[Lease]) -> None:
        """Undo a lease whose caller was cancelled, so that its jobs need not wait until it runs out."""
        if leases:
            self._session.later("release", [one.seq for one in leases], [one.fence for one in leases])

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Record outcomes; see ``Queue.settle``."""
        if not settlements:
            return []
        with self._doubting():
            return await self._settle(settlements)

    async def _settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        now = self._clock.now()
        day = await self._days.today(now)
        self._batches += 1
        if any(one.follow is not None for one in settlements):
            recorded = await self._settle_with_follows(settlements, now, day)
        else:
            recorded = await settle(self._session, settlements, now, day)
        if all(recorded):
            return recorded
        lost = [one.lease for one, new in zip(settlements, recorded, strict=True) if not new]
        known = await settled(self._session, lost)
        return [new or one.lease[:2] in known for one, new in zip(settlements, recorded, strict=True)]

    async def _settle_with_follows(self, settlements: Sequence[Settlement], now: float, day: date) -> list[bool]:
        lanes = await self._names.lanes(one.follow.lane for one in settlements if one.follow is not None)

        async def work(transaction: Transaction) -> list[bool]:
            recorded = await settle(transaction, settlements, now, day)
            for _, part in portions(follows(settlements, recorded), STATEMENT, chars):
                await take(transaction, part, lanes, None, now)
            return recorded

        return await self._session.transaction(work)

    async def renew(self, leases: Sequence[Lease], lease_s: float, *, sent: bool = False) -> list[bool]:
        """Prolong leases; see ``Queue.renew``."""
        if not leases:
            return []
        seqs, fences = [one.seq for one in leases], [one.fence for one in leases]
        rows = await self._session.rows("renew", seqs, fences, self._clock.now() + lease_s, sent)
        held = {(seq, fence) for seq, fence in rows}
        return [one[:2] in held for one in leases]

    async def promote(self) -> float | None:
        """Make due jobs ready; see ``Queue.promote``. 0 when more are due than one transaction should move."""
        now = self._clock.now()
        ((promoted, due_at, _),) = await self._session.rows("promote", now, _MOVED)
        await self._fold()
        if promoted == _MOVED:
            return 0.0
        return None if due_at is None else float(due_at - now)

    async def reclaim(self) -> int:
        """Make jobs ready whose lease ran out; see ``Queue.reclaim``. Bounded: the next call takes what is left."""
        reclaimed: int = await self._session.value("reclaim", self._clock.now(), _MOVED)
        return reclaimed

    async def lanes(self) -> list[Ready]:
        """Lanes that have something to lease; see ``Queue.lanes``."""
        rows = await self._session.rows("list_ready_lanes", MOST_COUNTED)
        return [Ready(Lane(*orjson.loads(name)), jobs) for name, jobs in rows]

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """Forget what is remembered of a server that was away: the one that comes back may be an older one."""
        try:
            yield
        except StoreAwayError:
            self._names.forget()
            self._days.forget()
            raise

    async def _fold(self) -> None:
        """Make one row of the counts that many batches have left."""
        if self._batches >= _FOLD_AFTER:
            self._batches = 0
            await self._session.rows("fold_moves", _FOLDED)
            await self._session.rows("fold_causes", _FOLDED)
