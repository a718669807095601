"""The third stage: wait for leave to send now, or hear that it is not worth waiting for."""

import math
from dataclasses import dataclass
from typing import Final

from worker.job import Job
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

    def at_once(self, api: str) -> Permit | Hold | None:
        """The answer for any job of an API without budgets; None where ``permit`` has to ask them."""
        if self._pacer.limits(api):
            return None
        closed_s = self._gates.closed_s(api)
        return Hold("the API is closed", closed_s) if closed_s else _NOW

    async def permit(self, job: Job) -> Permit | Hold | Never:
        """Return when the job may leave at once, or say why it may not."""
        if closed_s := self._gates.closed_s(job.api):  # before anything is paid for
            return Hold("the API is closed", closed_s)
        lane, waited_s = job.lane, 0.0
        while (wait_s := await self._quota.charge(lane, job.cost)) > 0:
            if wait_s == math.inf:
                return Never(_too_dear(job))
            waited_s += wait_s
            if waited_s > _PATIENCE_S:
                return Hold("its budget is spent", wait_s)
            await self._clock.sleep(wait_s)
        await self._pacer.depart(lane)
        closed_s = self._gates.closed_s(job.api)  # after the waits: what closed meanwhile counts
        if not closed_s:
            return _NOW
        await self._quota.refund(lane, 0, job.cost)
        return Hold("the API is closed", closed_s)


def _too_dear(job: Job) -> Problem:
    cost = ", ".join(f"{name} {units:g}" for name, units in job.cost.items()) or "1"
    detail = f"its cost ({cost}) is more than a budget of {job.api} allows in its whole period; split the job"
    return Problem(Cause.RATE_LIMITED, "pace", "the job costs more than its budget holds", detail)
