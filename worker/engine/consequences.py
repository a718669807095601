"""What an answer means for others than its own job: lanes are stopped, opened, watched and corrected."""

from collections.abc import Collection, Mapping
from typing import Final

from worker.engine.api import Api
from worker.engine.bookkeeping import Bookkeeper
from worker.engine.tripping import Tripping
from worker.events import Bus, LaneOpened, LaneStopped
from worker.job import Job, Lane, Scope, Standstill, Stop
from worker.limits import hearsay
from worker.limits.breaker import failed
from worker.limits.drift import Drift
from worker.limits.gate import Closure, Gates, scope_of
from worker.limits.word import Word
from worker.outcome import Answer, Dead, Delivered, Outcome, Reply
from worker.ports import Clock, Correction, Told
from worker.settings.predicate import Said
from worker.stages import judge

_SWEEP_AT: Final = 4096  # scopes of which is remembered what was told, before those that are over are looked for


class Consequences:
    """Drawn from every reply, after it was judged and before its job is settled."""

    def __init__(self, apis: Mapping[str, Api], gates: Gates, books: Bookkeeper, bus: Bus, clock: Clock) -> None:
        self._gates = gates
        self._books = books
        self._told: dict[Scope, Told] = {}
        self._sweep_at = _SWEEP_AT
        self._bus = bus
        self._clock = clock
        self._drifts = {name: Drift(api.drift) for name, api in apis.items()}
        self._tripping = Tripping(apis, gates, clock)

    def hold(self, lane: Lane, wait_s: float) -> None:
        """Let a lane rest whose job had no leave to go."""
        self._gates.hold(lane, wait_s)

    def aside_s(self, api: Api, lane: Lane) -> float | None:
        """See ``Tripping.aside_s``."""
        return self._tripping.aside_s(api, lane)

    def stop(self, lane: Lane, closure: Closure) -> None:
        """Leave alone what a job that could not leave belongs to."""
        self._close(scope_of(lane, closure.level or "api"), closure)

    def draw(
        self,
        api: Api,
        case: judge.Case,
        reply: Reply,
        judgement: judge.Judgement,
        paid_at: float,
        flying: Collection[judge.Case] = (),
    ) -> None:
        """Do for the lane of a job what the reply to it asks for; ``flying`` are the requests under way, with its."""
        lane = case.lease.lane
        self._gate(api, case, reply, judgement)
        if case.enforced:
            self._watch(lane, judgement.outcome)
        if judgement.word is not None:
            self._heed(scope_of(lane, api.closes), judgement.word, api.concurrency.limit, flying)
        if api.costs and isinstance(reply, Answer):
            self._settle_up(api, case.job, Said(reply.status, reply.headers, reply.body), paid_at)

    def _heed(self, scope: Scope, word: Word, at_once: int, flying: Collection[judge.Case]) -> None:
        """Keep to what the API says is left; where that is nothing, leave it alone until there is more."""
        now = self._clock.now()
        told = hearsay.told(word, scope, self._told.get(scope), now, at_once)
        if told is None:
            return
        if len(self._told) >= self._sweep_at:
            self._told = {one: last for one, last in self._told.items() if last.reset_at > now}
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._told))
        self._told[scope] = told
        told = hearsay.reduced(told, sum(scope.covers(case.lease.lane) for case in flying) - 1)
        self._books.tell(told)
        if told.remaining < 1 and told.reset_at > now:
            reason = "the API says that no requests are left"
            self._close(scope, Closure(reason, Standstill.CLOSED, told.reset_at - now))

    def _settle_up(self, api: Api, job: Job, said: Said, paid_at: float) -> None:
        """Charge what a request has cost instead of what was reserved for it."""
        for name, cost in api.costs.items():
            if (spent := cost.place.amount(said)) is not None:
                self._books.correct(Correction(job.lane, name, spent - job.cost.get(name, cost.estimate), paid_at))

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

    def _gate(self, api: Api, case: judge.Case, reply: Reply, judgement: judge.Judgement) -> None:
        lane, closure = case.lease.lane, judgement.closure
        if closure is not None:
            self._close(scope_of(lane, closure.level or api.closes), closure)
            return
        if (closing := self._tripping.closing(api, case, reply, judgement.outcome)) is not None:
            self._close(*closing)
        for stop in self._gates.succeed(lane, failed=failed(reply)):
            self._bus.emit(LaneOpened(stop))

    def _close(self, scope: Scope, closure: Closure) -> None:
        """Close a gate; people are told when that begins, and not again while it lasts."""
        now = self._clock.now()
        closed = self._gates.close(scope, closure)
        if closed is not None and closure.news and closed.since >= now:
            self._bus.emit(LaneStopped(closed))
