"""What keeps a queue healthy: leases are renewed, delayed jobs promoted, dead workers' jobs reclaimed."""

from itertools import compress
from typing import Final

import structlog

from worker.engine.desk import Hands
from worker.ports import Clock, Queue

log = structlog.get_logger(__name__)

_TICK_S: Final = 0.05
_PROMOTE_S: Final = 0.25  # how late a delayed job may become ready
_RENEW_SHARE: Final = 1 / 3  # two renewals may fail before a lease runs out
_RECLAIM_SHARE: Final = 1 / 4  # how much longer than its lease a dead worker's job may wait


class Upkeep:
    """Does the chores of one worker; several workers on one queue may all do them."""

    def __init__(self, queue: Queue, hands: Hands, clock: Clock, lease_s: float) -> None:
        self._queue = queue
        self._hands = hands
        self._clock = clock
        self._lease_s = lease_s
        self._promote_at = self._renew_at = self._reclaim_at = clock.monotonic()

    async def run(self) -> None:
        """Do what is due, until cancelled.

        Raises:
            StoreError: the store failed; what is due is done when this is called again.
        """
        while True:
            await self.tick(self._clock.monotonic())
            await self._clock.sleep(_TICK_S)

    async def tick(self, now: float) -> None:
        """Do what is due at ``now`` (monotonic seconds)."""
        if now >= self._renew_at:  # first: after the machine has slept, our own leases are not to be reclaimed
            await self._renew()
            self._renew_at = now + self._lease_s * _RENEW_SHARE
        if now >= self._reclaim_at:
            if reclaimed := await self._queue.reclaim():
                log.warning("leases_reclaimed", jobs=reclaimed, reason="their leases ran out: a worker died or stalled")
            self._reclaim_at = now + min(self._lease_s * _RECLAIM_SHARE, 5.0)
        if now >= self._promote_at:
            due_s = await self._queue.promote()
            self._promote_at = now + min(due_s or _PROMOTE_S, _PROMOTE_S)

    async def _renew(self) -> None:
        leases = self._hands.all()
        if not leases:
            return
        until = self._clock.now() + self._lease_s
        kept = await self._queue.renew(leases, self._lease_s)
        self._hands.prolong(compress(leases, kept), until)
        # what was settled while the renewal waited its turn is not in hand any more, and not lost
        lost = [lease for lease, mine in zip(leases, kept, strict=True) if not mine and self._hands.holds(lease)]
        for lease in lost:
            self._hands.drop(lease)
        if lost:
            log.warning("leases_lost", jobs=len(lost), reason="they ran out before they could be renewed")
