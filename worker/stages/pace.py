"""The third stage: wait for leave to send now, or hear that it is not worth waiting for."""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from worker.job import Job, Lane
from worker.limits.gate import Gates
from worker.limits.pacer import Pacer
from worker.outcome import Cause, Problem
from worker.ports import Ask, Clock, Grant, Quota, Refund, Spent

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
    """

    costs: tuple[Spent, ...] = ()
    at: float = 0.0


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
        costs = await self._costs(job)
        if not isinstance(costs, Grant):
            return costs
        held = await self._departed(job.lane, slot, Slot(costs.slots[0], costs.late_s))
        held = held or self._shut(job.lane)  # after the waits: what closed meanwhile counts
        if held is None:
            return Permit(costs.receipt, costs.slots[0])
        await self.refund(costs.receipt)
        return held

    async def refund(self, *receipts: tuple[Spent, ...]) -> None:
        """Hand back what was charged for a request that was not sent: its slot, its costs."""
        refunds = [Refund(receipt, 1) for receipt in receipts if receipt]
        if refunds:
            await self._quota.refund(refunds)

    async def _costs(self, job: Job) -> Grant | Hold | Never:
        if not self._pacer.costs(job.api):
            return _FREE
        waited_s = 0.0
        while True:
            (grant,) = await self._quota.grant([Ask(job.lane, 1, job.cost)])
            if grant.slots:
                return grant
            if grant.wait_s == math.inf:
                return Never(_too_dear(job))
            waited_s += grant.wait_s
            if waited_s > _PATIENCE_S:
                return Hold("its budget is spent", grant.wait_s)
            await self._clock.sleep(max(grant.wait_s, _SHORTEST_S))

    async def _departed(self, lane: Lane, slot: Slot, costs: Slot) -> Hold | None:
        """Return when a request may leave; asks for another slot where it missed its own.

        What is late after a stall of this process leaves through a small bucket, and not all at once.
        """
        paced, give_up_at = False, self._clock.now() + _PATIENCE_S
        while True:
            now = self._clock.now()
            wait_s = max(slot.at, costs.at) - now
            if slot.missed(now):
                (grant,) = await self._quota.grant([Ask(lane, 1)])
                if grant.slots:
                    slot = Slot(grant.slots[0], grant.late_s)
                    continue
                wait_s = grant.wait_s
            elif costs.missed(now):
                return Hold("it was too late for what was paid", 0.0)
            if wait_s <= 0:
                if paced:
                    return None
                await self._pacer.depart(lane)
                paced = True
            elif now + wait_s > give_up_at:
                return Hold("its budget is spent", wait_s)
            else:
                await self._clock.sleep(max(wait_s, _SHORTEST_S))


#: What is asked of an API without budgets for costs.
_FREE: Final = Grant((0.0,), math.inf, 0.0)


def _too_dear(job: Job) -> Problem:
    cost = ", ".join(f"{name} {units:g}" for name, units in job.cost.items()) or "1"
    detail = f"its cost ({cost}) is more than a budget of {job.api} allows in its whole period; split the job"
    return Problem(Cause.RATE_LIMITED, "pace", "the job costs more than its budget holds", detail)
