"""Keeps a lane back whose requests fail, and finds out with single ones whether its API works again."""

from collections.abc import Mapping
from typing import Final

from worker.engine.api import Api
from worker.job import Lane, Scope, Standstill
from worker.limits.breaker import Breaker, failed
from worker.limits.gate import Closure, Gates, Trouble, scope_of
from worker.outcome import Dead, Outcome, Parked, Released, Reply, Retry
from worker.ports import Clock
from worker.stages.judge import Case

#: For how many cool-downs at the most a job steps aside that failed while its lane was tried out: for as many as the
#: lane was left alone so far, so that others are tried before it, and a few that always fail do not keep a lane closed.
_ASIDE: Final = 10


class Tripping:
    """The breakers of all APIs, in front of the gates that they close."""

    def __init__(self, apis: Mapping[str, Api], gates: Gates, clock: Clock) -> None:
        self._gates = gates
        self._clock = clock
        self._breakers = {name: Breaker(api.breaker) for name, api in apis.items()}

    def aside_s(self, api: Api, lane: Lane) -> float | None:
        """For how long a job steps aside, uncharged, that fails while its lane's breaker is open; None where it is not.

        In an ordered lane no other may go before it.
        """
        trouble = self._open(lane)
        if trouble is None:
            return None
        return 0.0 if api.ordered else min(trouble.streak, _ASIDE) * api.breaker.cool_down_s

    def closing(self, api: Api, case: Case, reply: Reply, outcome: Outcome) -> tuple[Scope, Closure] | None:
        """Note what came of a request; what is to be closed because of it."""
        lane, breaker, trouble = case.lease.lane, self._breakers[api.name], self._open(case.lease.lane)
        if trouble is None:
            trip = breaker.ended(lane, self._clock.monotonic(), failed=failed(reply))
        elif trouble.stop.until is not None and case.now - reply.elapsed_ms / 1000 < trouble.stop.until:
            return None  # it left before the breaker opened, and tells nothing new
        elif not failed(reply):
            return None  # and its gate opens
        else:
            trip = breaker.probed(self._gates.miss(trouble.stop))
        if trip is None:
            return None
        reason = f"{trip.failed:,} of the last {trip.total:,} requests failed: {_said(outcome)}"
        scope = trouble.stop.scope if trouble else scope_of(lane, "lane")
        return scope, Closure(reason, Standstill.BREAKER_OPEN, api.breaker.cool_down_s)

    def _open(self, lane: Lane) -> Trouble | None:
        if not self._gates.troubled:  # as nearly always
            return None
        for trouble in self._gates.troubles(lane):
            if trouble.stop.kind is Standstill.BREAKER_OPEN:
                return trouble
        return None


def _said(outcome: Outcome) -> str:
    match outcome:
        case Retry(problem=problem) | Dead(problem=problem) | Parked(problem=problem):
            return problem.title
        case Released(reason=reason):
            return reason
        case _:
            return "the last one was answered"
