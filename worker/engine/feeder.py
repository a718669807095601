"""Leases jobs: per lane what its budgets allow now, per API what its senders can take, and every lane in turn."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from worker.engine.desk import Desk
from worker.errors import StoreError
from worker.job import Lane, Lease
from worker.limits.gate import Gates
from worker.ports import Clock, Queue, Quota, Want

_LANES_S: Final = 0.25  # how often the queue is asked which lanes have jobs: the longest a new lane waits
_SOON_S: Final = 0.002  # how soon to look again while senders are busy
_LATER_S: Final = 0.05  # how soon to look again while there is nothing to do


class Feeder:
    """Fills the desks.

    Args:
        receive: admits leases and puts them on their desks.
        lease_s: how long a lease lasts unless it is renewed.
    """

    def __init__(
        self,
        queue: Queue,
        quota: Quota,
        gates: Gates,
        desks: Mapping[str, Desk],
        receive: Callable[[list[Lease]], Awaitable[None]],
        lease_s: float,
    ) -> None:
        self._queue = queue
        self._quota = quota
        self._gates = gates
        self._desks = desks
        self._receive = receive
        self._lease_s = lease_s
        self._lanes: list[Lane] = []
        self._asked_at = -1.0

    async def feed(self, clock: Clock) -> float:
        """Lease what can be sent now; seconds until it makes sense to look again."""
        if not self._lanes or clock.monotonic() - self._asked_at >= _LANES_S:
            await self._look(clock.monotonic())
        wants, wait_s = await self._wants()
        if not wants:
            return max(_SOON_S, wait_s) if self._lanes else _LATER_S
        try:
            leases = await self._queue.lease(wants, self._lease_s)
        except StoreError:
            for lane, most in wants:
                await self._quota.refund(lane, most)
            raise
        await self._receive(leases)
        got = Counter(lease.lane for lease in leases)
        for lane, most in wants:
            if (short := most - got[lane]) > 0:
                await self._quota.refund(lane, short)
                self._lanes.remove(lane)
        return 0.0 if leases else _SOON_S

    def _room(self, api: str, desk: Desk) -> int:
        if not self._gates.probing(api):
            return desk.room
        return 0 if desk.in_hand else 1

    async def _look(self, now: float) -> None:
        known = [lane for lane in await self._queue.lanes() if lane.api in self._desks]
        fresh = set(known)
        kept = [lane for lane in self._lanes if lane in fresh]  # whose turn it is stays as it was
        kept_set = set(kept)
        self._lanes = kept + [lane for lane in known if lane not in kept_set]
        self._asked_at = now

    async def _wants(self) -> tuple[list[Want], float]:
        """What to lease, each lane in turn, and how long to wait where a budget or a closed API is in the way."""
        room = {api: self._room(api, desk) for api, desk in self._desks.items()}
        wants: list[Want] = []
        wait_s = _LATER_S
        served = 0
        for lane in self._lanes:
            if not any(room.values()):
                break
            served += 1
            if not room[lane.api]:
                continue
            if held_s := self._gates.wait_s(lane):
                wait_s = min(wait_s, held_s)
                continue
            count, pause_s = await self._quota.grant(lane, room[lane.api])
            if count:
                wants.append(Want(lane, count))
                room[lane.api] -= count
            elif pause_s:
                wait_s = min(wait_s, pause_s)
        had = {want.lane for want in wants}  # they go to the end; who got nothing keeps its turn
        asked = self._lanes[:served]
        self._lanes = [one for one in asked if one not in had] + self._lanes[served:] + [want.lane for want in wants]
        return wants, _SOON_S if not all(room.values()) else wait_s
