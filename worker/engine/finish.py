"""Says when ``run --until-empty`` is done: nothing is left, or nothing is left that this worker can do."""

from collections.abc import Collection
from typing import Final

from worker.job import Lane
from worker.limits.gate import Closure, Gates
from worker.ports import Clock, Ledger, Queue

#: How often an API may be found unreachable before a run that is meant to end gives up: about 15 s of trying.
_GIVE_UP_AT: Final = 5
_EVERY_S: Final = 0.25  # how often the ledger is counted at most
_SHARE: Final = 10  # of the time at most one part in so many is spent on counting


class Finish:
    """Asked whenever nothing is in hand.

    Attributes:
        stuck: APIs that cannot be worked for now, and why; their jobs wait untouched.
    """

    def __init__(self, queue: Queue, ledger: Ledger, gates: Gates, apis: Collection[str], clock: Clock) -> None:
        self._queue = queue
        self._ledger = ledger
        self._gates = gates
        self._apis = apis
        self._clock = clock
        self._ask_at = clock.monotonic()
        self.stuck: dict[str, Closure] = {}

    async def __call__(self) -> bool:
        """Whether to stop. Counting millions of jobs takes a while, so it is done seldom enough not to matter."""
        started = self._clock.monotonic()
        if started < self._ask_at:
            return False
        counts = await self._ledger.counts()
        elapsed_s = self._clock.monotonic() - started
        self._ask_at = started + max(_EVERY_S, elapsed_s * _SHARE)
        if not counts.unfinished:
            return True
        self.stuck = {api: closure for api in self._apis if (closure := self._hopeless(api)) is not None}
        if self.stuck.keys() >= set(self._apis):
            return True
        if self._gates.pauses:  # a delayed job of a paused operation is not worth waiting for
            return not any(self._workable(one.lane) for one in await self._ledger.lanes())
        lanes = await self._queue.lanes()
        return counts.ready_only and not any(self._workable(lane) for lane in lanes)

    def _workable(self, lane: Lane) -> bool:
        return lane.api in self._apis and lane.api not in self.stuck and not self._gates.paused(lane)

    def _hopeless(self, api: str) -> Closure | None:
        trouble = self._gates.trouble(api)
        if trouble is None:
            return None
        closure, streak = trouble
        given_up = closure.kind == "unreachable" and streak >= _GIVE_UP_AT
        return closure if given_up or closure.kind == "unauthorised" else None
