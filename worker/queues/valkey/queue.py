"""The hot side: jobs in, leases out, outcomes recorded. Each batch is one script, each script some milliseconds."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import orjson

from worker.errors import StoreAwayError, StoreError
from worker.job import Entry, Lane, Lease
from worker.outcome import Settlement
from worker.ports import MOST_COUNTED, Accepted, Clock, Ready, Want
from worker.queues.valkey.connection import Connection
from worker.queues.valkey.durability import Durability
from worker.queues.valkey.inbox import take
from worker.queues.valkey.leasing import Unheard, lease, release, renew, take_back
from worker.queues.valkey.numbering import least_number
from worker.queues.valkey.settling import settle
from worker.queues.wants import merged

#: Jobs promoted or reclaimed by one script: about 3 ms.
_MOVED: Final = 500


class ValkeyQueue:
    """The ``Queue`` port over one server.

    A batch that is larger than a script should take at once is several scripts: where one of them fails, those before
    it stand, and asking again does the rest.

    Args:
        connection: to the server.
        clock: for due times and leases.
        durability: whether what was taken in survives a restart of the server.
    """

    def __init__(self, connection: Connection, clock: Clock, durability: Durability) -> None:
        self._connection = connection
        self._clock = clock
        self._durability = durability
        self._unheard: list[Unheard] = []
        self._giving_back: set[asyncio.Task[None]] = set()

    async def enqueue(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        """Take jobs in, durably where the server can tell; see ``Queue.enqueue``."""
        await self._durability.look()
        accepted = await take(self._connection, entries, file, self._clock.now())
        with suppress(StoreAwayError):  # the jobs are in
            await self._durability.look()
        return accepted

    async def lease(self, wants: Sequence[Want], lease_s: float) -> list[Lease]:
        """Take ready jobs; see ``Queue.lease``. May hand out fewer than there are when they are many or very big."""
        asked = list(merged(wants).values())
        if not asked:
            return []
        await self._durability.look()
        now = self._clock.now()
        await self._take_back(now)
        fence = least_number(now, self._clock.random())
        leasing = asyncio.create_task(lease(self._connection, asked, now + lease_s, fence, self._unheard))
        try:
            return await asyncio.shield(leasing)
        except asyncio.CancelledError:
            giving_back = asyncio.create_task(self._give_back(leasing))
            self._giving_back.add(giving_back)
            giving_back.add_done_callback(self._giving_back.discard)
            raise

    async def _take_back(self, now: float) -> None:
        """Undo leases whose answers were lost, unless they have run out."""
        if unheard := [one for one in self._unheard if one.until > now]:
            await take_back(self._connection, unheard)
        self._unheard.clear()

    async def _give_back(self, leasing: "asyncio.Task[list[Lease]]") -> None:
        """Undo a lease whose caller was cancelled, so that its jobs need not wait until it runs out."""
        try:
            await release(self._connection, await leasing)
        except StoreError:
            return  # they wait until it runs out

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Record outcomes; see ``Queue.settle``."""
        return await settle(self._connection, settlements, self._clock.now())

    async def renew(self, leases: Sequence[Lease], lease_s: float, *, sent: bool = False) -> list[bool]:
        """Prolong leases; see ``Queue.renew``."""
        return await renew(self._connection, leases, self._clock.now() + lease_s, sent=sent)

    async def promote(self) -> float | None:
        """Make due jobs ready; see ``Queue.promote``. 0 when more are due than one script should move."""
        now = self._clock.now()
        due_at = await self._connection.run("promote", repr(now), _MOVED)
        return None if due_at is None else max(0.0, float(due_at) - now)

    async def reclaim(self) -> int:
        """Make jobs ready whose lease ran out; see ``Queue.reclaim``."""
        now = repr(self._clock.now())
        reclaimed = 0
        while (part := int(await self._connection.run("reclaim", now, _MOVED))) == _MOVED:
            reclaimed += part
        return reclaimed + part

    async def lanes(self) -> list[Ready]:
        """Lanes that have something to lease; see ``Queue.lanes``."""
        ready, blocked = await self._connection.ask(("HGETALL", "lanes:ready"), ("SMEMBERS", "blocked"))
        return [
            Ready(Lane(*orjson.loads(lane)), min(int(jobs), MOST_COUNTED))
            for lane, jobs in ready.items()
            if lane not in blocked
        ]

    async def close(self) -> None:
        """Wait until what nobody received is given back."""
        if self._giving_back:
            await asyncio.wait(self._giving_back)
