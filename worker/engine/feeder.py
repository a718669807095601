"""Leases jobs: per lane what its budgets allow now, per API what its senders can take, and every lane in turn."""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from worker.cancelling import first
from worker.engine.desk import Desk
from worker.engine.purse import Purse
from worker.engine.rotation import Rotation
from worker.job import Lane, Lease
from worker.limits.gate import Gates
from worker.ports import Ask, Bell, Clock, Queue, Quota, Want

_LANES_S: Final = 0.25  # how often the queue is asked which lanes have jobs while some have
_LANES_SHARE: Final = 20  # with very many lanes, one part in so many of the time goes into asking
_REST_S: Final = 1.0  # the longest that a lane rests before it is asked again: somebody may have lifted what kept it
_LANE_S: Final = 0.0001  # with very many lanes, they rest that long for each: asking one takes 3 % of this
_SOON_S: Final = 0.002  # how soon to look again while senders are busy
_LATER_S: Final = 0.05  # how soon to look again while there is nothing to do

Receive = Callable[[list[Lease], Mapping[Lane, Purse], float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a feeder takes jobs and leave from.

    Attributes:
        allowance: how many more jobs the run may take on for now; None for any number.
    """

    queue: Queue
    quota: Quota
    gates: Gates
    bell: Bell
    clock: Clock
    allowance: Callable[[], int | None] = lambda: None


class Feeder:
    """Fills the desks.

    Args:
        receive: admits leases and puts them on their desks, with a slot each; told until when they last.
        lease_s: how long a lease lasts unless it is renewed.
    """

    def __init__(self, sources: Sources, desks: Mapping[str, Desk], receive: Receive, lease_s: float) -> None:
        self._queue, self._quota, self._gates = sources.queue, sources.quota, sources.gates
        self._bell, self._clock, self._allowance = sources.bell, sources.clock, sources.allowance
        self._desks = desks
        self._receive = receive
        self._lease_s = lease_s
        self._rotations = {api: Rotation() for api in desks}
        self._look_at = 0.0
        self._purses: dict[Lane, Purse] = {}
        self._spent_until: dict[str, float] = {}
        self._woken = asyncio.Event()

    async def feed(self) -> float:
        """Lease what can be sent now; seconds until it makes sense to look again.

        Raises:
            StoreError: the store failed; what was paid for is kept for the next time, as long as it can be used.
        """
        if self._clock.monotonic() >= self._look_at or not any(map(len, self._rotations.values())):
            await self._look()
        asked = self._asked()
        wants = await self._pay(asked) if asked else []
        if not wants:
            return self._pause_s()
        until = self._clock.now() + self._lease_s
        leases = await self._queue.lease(wants, self._lease_s)
        purses = {want.lane: self._purses.pop(want.lane, Purse()) for want in wants}
        await self._receive(leases, purses, until)
        await self._ended(wants, Counter(lease.lane for lease in leases), purses)
        return 0.0 if leases else _SOON_S

    def freed(self, lane: Lane) -> None:
        """A lane that gives one job at a time has got it back."""
        self._rotations[lane.api].add(lane)
        self.wake()

    def wake(self) -> None:
        """Let nobody rest any longer."""
        self._woken.set()

    async def end(self) -> None:
        """Hand back what was paid for and is not used.

        Raises:
            StoreError: it is forfeited.
        """
        purses, self._purses = self._purses, {}
        await self._hand_back(purses)

    async def rest(self, wait_s: float) -> None:
        """Return after ``wait_s``, or as soon as there may be something to lease, or somebody said ``wake``."""
        if wait_s <= _LATER_S and not any(desk.api.ordered for desk in self._desks.values()):
            await self._clock.sleep(wait_s)  # to race several costs more than so short a rest could be shortened by
            return
        await first(self._bell.rest(wait_s), self._woken.wait())
        self._woken.clear()

    async def _look(self) -> None:
        started = self._clock.monotonic()
        ready = await self._queue.lanes()
        for api, rotation in self._rotations.items():
            rotation.renew(one for one in ready if one.lane.api == api)
        now = self._clock.monotonic()
        self._look_at = now + max(_LANES_S, _LANES_SHARE * (now - started))
        for lane, purse in list(self._purses.items()):
            purse.discard_missed(self._clock.now())
            if not len(purse):
                del self._purses[lane]

    def _asked(self) -> dict[Lane, int]:
        """The next lanes, and how many jobs each could have: of an allowance, every API and every lane its share."""
        left = self._allowance()
        asked: dict[Lane, int] = {}
        busy = [api for api, rotation in self._rotations.items() if len(rotation)]
        for number, api in enumerate(busy):
            most = None if left is None else math.ceil(left / (len(busy) - number))
            turns = self._turns(api, self._desks[api], most)
            asked.update(turns)
            left = None if left is None else left - sum(turns.values())
        return asked

    def _turns(self, api: str, desk: Desk, allowed: int | None) -> dict[Lane, int]:
        """The next lanes of an API, and how many jobs each could have if only senders and gates were asked."""
        now, room = self._clock.monotonic(), desk.room
        if self._spent_until.get(api, 0.0) > now or desk.backlog.full_s(self._clock.now()):
            return {}
        turns: dict[Lane, int] = {}
        rotation = self._rotations[api]
        share, rest_s = room, min(max(_LANES_S, _LANE_S * len(rotation)), _REST_S)
        if allowed is not None:
            room, share = min(room, allowed), math.ceil(allowed / len(rotation))
        while room > 0 and (lane := rotation.next(now)) is not None:
            most = 1 if desk.api.ordered else int(min(rotation.jobs(lane), room, share))
            count, wait_s = self._gates.leave(lane, most)
            if count:
                turns[lane] = count
                room -= count
            else:
                rotation.rest(lane, now + min(wait_s, rest_s))
        return turns

    async def _pay(self, asked: dict[Lane, int]) -> list[Want]:
        """Pay for jobs where there are budgets; what can be leased."""
        asks = []
        for lane, most in asked.items():
            if self._desks[lane.api].limited:
                purse = self._purses.setdefault(lane, Purse())
                purse.discard_missed(self._clock.now())
                if (missing := most - len(purse)) > 0:
                    asks.append(Ask(lane, missing))
        grants = await self._quota.grant(asks) if asks else []
        spent: dict[str, list[Lane]] = {}
        for ask, grant in zip(asks, grants, strict=True):
            purse = self._purses[ask.lane]
            purse.put(grant)
            if not len(purse):
                del asked[ask.lane], self._purses[ask.lane]
                now = self._clock.monotonic()
                until = now + min(grant.wait_s, _LANES_S)  # what others hand back is not waited for any longer
                if grant.by == "api":  # nobody of this API can have anything: all keep their turn
                    spent.setdefault(ask.lane.api, []).append(ask.lane)
                    self._spent_until[ask.lane.api] = until
                else:
                    self._rotations[ask.lane.api].rest(ask.lane, until)
        for api, lanes in spent.items():
            self._rotations[api].back(lanes)
        return [self._want(lane, most) for lane, most in asked.items()]

    def _want(self, lane: Lane, most: int) -> Want:
        desk = self._desks[lane.api]
        return Want(lane, min(most, len(self._purses[lane])) if desk.limited else most, desk.api.ordered)

    async def _ended(self, wants: list[Want], got: Counter[Lane], purses: Mapping[Lane, Purse]) -> None:
        """Each lane has had its turn; what was paid for and not used is kept for its next one, if there is one soon."""
        over: dict[Lane, Purse] = {}
        for lane, most, _ in wants:
            rotation = self._rotations[lane.api]
            if got[lane] < most:
                rotation.forget(lane)
            else:
                rotation.end(lane, got[lane])
            if len(purses[lane]):
                (self._purses if rotation.jobs(lane) else over)[lane] = purses[lane]
        await self._hand_back(over)

    async def _hand_back(self, purses: Mapping[Lane, Purse]) -> None:
        refunds = [refund for purse in reversed(list(purses.values())) for refund in purse.empty()]
        if refunds:
            await self._quota.refund(refunds)

    def _pause_s(self) -> float:
        """How long to wait where nothing could be leased."""
        if not any(map(len, self._rotations.values())):
            return self._bell.poll_s * (0.5 + self._clock.random())  # workers that began together do not ask together
        now = self._clock.monotonic()
        waits = [_LATER_S]
        for api, rotation in self._rotations.items():
            if len(rotation) and not self._desks[api].room:
                return _SOON_S
            waits.append(max(rotation.until(), self._spent_until.get(api, 0.0)) - now)
        return max(min(waits), _SOON_S)
