"""What an answer means for others than its own job: lanes are stopped, opened, watched and corrected."""

from collections.abc import Mapping

from worker.engine.api import Api
from worker.events import Bus, LaneOpened, LaneStopped
from worker.job import Lane, Scope, Standstill, Stop
from worker.limits.drift import Drift
from worker.limits.gate import Closure, Gates, scope_of
from worker.outcome import Dead, Delivered, Outcome, Reply
from worker.ports import Clock
from worker.stages import judge


class Consequences:
    """Drawn from every reply, after it was judged and before its job is settled."""

    def __init__(self, apis: Mapping[str, Api], gates: Gates, bus: Bus, clock: Clock) -> None:
        self._gates = gates
        self._bus = bus
        self._clock = clock
        self._drifts = {name: Drift(api.drift) for name, api in apis.items()}

    def hold(self, lane: Lane, wait_s: float) -> None:
        """Let a lane rest whose job had no leave to go."""
        self._gates.hold(lane, wait_s)

    async def draw(self, api: Api, case: judge.Case, reply: Reply, judgement: judge.Judgement) -> None:
        """Do for the lane of a job what the reply to it asks for."""
        del reply
        lane = case.lease.lane
        self._gate(api, lane, judgement.closure)
        if case.enforced:
            self._watch(lane, judgement.outcome)

    def _watch(self, lane: Lane, outcome: Outcome) -> None:
        """Stop an operation whose API rejects too much of what its contract allows."""
        drift = self._drifts[lane.api]
        if isinstance(outcome, Delivered):
            drift.accepted(lane.operation)
        elif isinstance(outcome, Dead) and outcome.problem.status in judge.REJECTIONS:
            count = drift.rejected(lane.operation)
            if count is None:
                return
            reason = judge.drifted(count, drift.window, outcome.problem)
            stop = Stop(Scope(lane.api, lane.operation), Standstill.DRIFTING, reason, self._clock.now())
            if self._gates.stand(stop):
                self._bus.emit(LaneStopped(stop))

    def _gate(self, api: Api, lane: Lane, closure: Closure | None) -> None:
        if closure is None:
            for stop in self._gates.succeed(lane):
                self._bus.emit(LaneOpened(stop))
            return
        scope = scope_of(lane, closure.level or api.closes)
        if self._gates.close(scope, closure) is not None and (closed := self._gates.shut(lane)) is not None:
            self._bus.emit(LaneStopped(closed))
