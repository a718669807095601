"""The third stage: wait for leave to send now, or hear that it is not worth waiting for."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from worker.job import Job, Lane
from worker.limits.gate import Gates
from worker.limits.pacer import Pacer
from worker.outcome import Cause, Problem
from worker.ports import Ask, Clock, Quota, Refund, Spent

#: A job that has to wait longer for its costs goes back to the queue instead of holding a sender.
_PATIENCE_S: Final = 1.0
_SHORTEST_S: Final = 0.001  # timers are no finer


class Slot(NamedTuple):
    """A time at which one request may leave.

    Attributes:
        at: epoch seconds; 0 where nothing limits it.
        late_s: how much later it may leave; then it needs another slot.
        receipt: what handing it back takes; empty where that cannot be done exactly.
    """

    at: float = 0.0
    late_s: float = math.inf
    receipt: tuple[Spent, ...] = ()

    def missed(self, now: float) -> bool:
        """Whether it is too late to leave."""
        return now > self.at + self.late_s


ANYTIME: Final = Slot()


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send now.

    Attributes:
        costs: what was charged for it.
        at: the slot that they were charged for.
        connected: to be waited for once a connection is there that had to be made; None where nothing is.
    """

    costs: tuple[Spent, ...] = ()
    at: float = 0.0
    connected: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """No leave for ``wait_s``: the job goes back to the queue, uncharged."""

    reason: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Never:
    """No leave, ever: the job asks for more than a budget holds."""

    problem: Problem


_NOW: Final = Permit()


class Pace:
    """Asks every limit that applies to a job. Its request was paid for when it was leased, and has a slot."""

    def __init__(self, quota: Quota, pacer: Pacer, gates: Gates, clock: Clock) -> None:
        self._quota = quota
        self._pacer = pacer
        self._gates = gates
        self._clock = clock

    def at_once(self, lane: Lane) -> Permit | Hold | None:
        """The answer for any job of a lane whose API has no budgets; None where ``permit`` has to ask them."""
        return None if self._pacer.limits(lane.api) else self._shut(lane) or _NOW

    def _shut(self, lane: Lane) -> Hold | None:
        """What stands in the way of a lane."""
        stop = self._gates.shut(lane)
        if stop is None:
            return None
        return Hold(f"{stop.scope} stands still: {stop.reason}", 0.0)  # its gate knows for how long

    async def permit(self, job: Job, slot: Slot) -> Permit | Hold | Never:
        """Return when the job may leave at once, or say why it may not."""
        if shut := self._shut(job.lane):  # before anything is paid for
            return shut
        if self._pacer.costs(job.api):
            return await self._paid(job)
        left = await self._departed(job.lane, slot)
        if isinstance(left, Hold):
            return left
        if shut := self._shut(job.lane):  # after the waits: what closed meanwhile counts
            return shut
        return Permit(connected=None if left.late_s == math.inf else partial(self._connected, job.lane, left))

    async def refund(self, *receipts: tuple[Spent, ...]) -> None:
        """Hand back what was charged for a request that was not sent: its slot, its costs."""
        refunds = [Refund(receipt, 1) for receipt in receipts if receipt]
        if refunds:
            await self._quota.refund(refunds)

    async def _paid(self, job: Job) -> Permit | Hold | Never:
        """Pay for a request and its costs at once, and return when it may leave."""
        lane, give_up_at = job.lane, self._clock.now() + _PATIENCE_S
        await self._pacer.depart(lane)
        while True:
            (grant,) = await self._quota.grant([Ask(lane, 1, job.cost)])
            if not grant.slots and grant.wait_s == math.inf:
                return Never(_too_dear(job))
            wait_s = grant.slots[0] - self._clock.now() if grant.slots else grant.wait_s
            if not grant.slots and self._clock.now() + wait_s > give_up_at:
                return Hold("its budget is spent", wait_s)
            if wait_s > 0:
                await self._clock.sleep(max(wait_s, _SHORTEST_S))
            if grant.slots:
                shut = self._shut(lane)
                if shut is None and not Slot(grant.slots[0], grant.late_s).missed(self._clock.now()):
                    return Permit(grant.receipt, grant.slots[0])
                await self.refund(grant.receipt)
                if shut is not None:
                    return shut

    async def _connected(self, lane: Lane, slot: Slot) -> None:
        """Return when a request may leave that had to wait for a connection: at once, or at another slot.

        Where none is to be had soon, slots are so far apart that it does not matter how long the connection took.
        """
        give_up_at = self._clock.now() + _PATIENCE_S
        while slot.missed(self._clock.now()):
            (grant,) = await self._quota.grant([Ask(lane, 1)])
            if grant.slots:
                slot = Slot(grant.slots[0], grant.late_s)
            wait_s = grant.slots[0] - self._clock.now() if grant.slots else grant.wait_s
            if self._clock.now() + wait_s > give_up_at:
                return
            await self._clock.sleep(max(wait_s, _SHORTEST_S))

    async def _departed(self, lane: Lane, slot: Slot) -> Hold | Slot:
        """Return when a request may leave, and the slot that it uses; asks for another where it missed its own.

        What is late after a stall of this process leaves through a small bucket, and not all at once.
        """
        paced, give_up_at = False, self._clock.now() + _PATIENCE_S
        while True:
            now = self._clock.now()
            wait_s = slot.at - now
            if slot.missed(now):
                (grant,) = await self._quota.grant([Ask(lane, 1)])
                if grant.slots:
                    slot = Slot(grant.slots[0], grant.late_s)
                    continue
                wait_s = grant.wait_s
            if wait_s <= 0:
                if paced:
                    return slot
                await self._pacer.depart(lane)
                paced = True
            elif now + wait_s > give_up_at:
                return Hold("its budget is spent", wait_s)
            else:
                await self._clock.sleep(max(wait_s, _SHORTEST_S))


def _too_dear(job: Job) -> Problem:
    cost = ", ".join(f"{name} {units:g}" for name, units in job.cost.items()) or "1"
    detail = f"its cost ({cost}) is more than a budget of {job.api} allows in its whole period; split the job"
    return Problem(Cause.RATE_LIMITED, "pace", "the job costs more than its budget holds", detail)
