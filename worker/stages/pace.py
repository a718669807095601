"""The third stage: wait for leave to send now, or hear that it is not worth waiting for."""

import math
from dataclasses import dataclass
from typing import Final

from worker.job import Job, Lane
from worker.limits.gate import Gates
from worker.limits.pacer import Pacer
from worker.outcome import Cause, Problem
from worker.ports import Clock, Quota

#: A job that has to wait longer for its costs goes back to the queue instead of holding a sender.
_PATIENCE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send now."""


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
    """Asks every limit that applies to a job. Requests themselves were paid for when the job was leased."""

    def __init__(self, quota: Quota, pacer: Pacer, gates: Gates, clock: Clock) -> None:
        self._quota = quota
        self._pacer = pacer
        self._gates = gates
        self._clock = clock

    def at_once(self, lane: Lane) -> Permit | Hold | None:
        """The answer for any job of a lane whose API has no budgets; None where ``permit`` has to ask them."""
        return None if self._pacer.limits(lane.api) else self._shut(lane) or _NOW

    def _shut(self, lane: Lane) -> Hold | None:
        """What stands in the way of a whole API or operation."""
        if self._gates.paused(lane):
            return Hold("its operation is paused", math.inf)
        closed_s = self._gates.closed_s(lane.api)
        return Hold("the API is closed", closed_s) if closed_s else None

    async def permit(self, job: Job) -> Permit | Hold | Never:
        """Return when the job may leave at once, or say why it may not."""
        lane, waited_s = job.lane, 0.0
        if shut := self._shut(lane):  # before anything is paid for
            return shut
        while (wait_s := await self._quota.charge(lane, job.cost)) > 0:
            if wait_s == math.inf:
                return Never(_too_dear(job))
            waited_s += wait_s
            if waited_s > _PATIENCE_S:
                return Hold("its budget is spent", wait_s)
            await self._clock.sleep(wait_s)
        await self._pacer.depart(lane)
        if shut := self._shut(lane):  # after the waits: what closed meanwhile counts
            await self._quota.refund(lane, 0, job.cost)
            return shut
        return _NOW


def _too_dear(job: Job) -> Problem:
    cost = ", ".join(f"{name} {units:g}" for name, units in job.cost.items()) or "1"
    detail = f"its cost ({cost}) is more than a budget of {job.api} allows in its whole period; split the job"
    return Problem(Cause.RATE_LIMITED, "pace", "the job costs more than its budget holds", detail)
