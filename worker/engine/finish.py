"""Says when ``run --until-empty`` is done: nothing is left, or nothing is left that this worker can do."""

from collections.abc import Collection
from typing import Final

from worker.job import Lane, Standstill, State, Stop
from worker.limits.gate import Gates, Trouble
from worker.ports import Clock, Ledger, Queue

#: How often in a row lanes may be found to be kept from work before a run that is meant to end gives up: an API that
#: cannot be reached after about 15 s, one that fails at everything after a quarter of an hour.
_GIVE_UP_AT: Final = {Standstill.UNREACHABLE: 5, Standstill.BREAKER_OPEN: 60}
_EVERY_S: Final = 0.25  # how often the ledger is counted at most
_SHARE: Final = 10  # of the time at most one part in so many is spent on counting


#: What only a person ends, or nobody can tell when it ends.
_HOPELESS: Final = frozenset({Standstill.PAUSED, Standstill.DRIFTING, Standstill.UNAUTHORISED})


class Finish:
    """Asked whenever nothing is in hand.

    Attributes:
        stuck: what keeps lanes from being worked for now; their jobs wait untouched.
        elsewhere: jobs in the hands of others, when it was last asked; those of a dead one come back after its lease.
    """

    def __init__(self, queue: Queue, ledger: Ledger, gates: Gates, apis: Collection[str], clock: Clock) -> None:
        self._queue = queue
        self._ledger = ledger
        self._gates = gates
        self._apis = apis
        self._clock = clock
        self._ask_at = clock.monotonic()
        self.stuck: list[Stop] = []
        self.elsewhere = 0

    async def __call__(self) -> bool:
        """Whether to stop. Counting millions of jobs takes a while, so it is done seldom enough not to matter."""
        started = self._clock.monotonic()
        if started < self._ask_at:
            return False
        done = await self._done()
        elapsed_s = self._clock.monotonic() - started
        self._ask_at = started + max(_EVERY_S, elapsed_s * _SHARE)
        return done

    async def _done(self) -> bool:
        counts = await self._ledger.counts()
        self.elsewhere = counts.states.get(State.LEASED, 0)
        if not counts.unfinished:
            self.stuck = []
            return True
        lanes = [one.lane for one in await self._ledger.lanes()] if self._gates.troubled else []
        stuck = {lane: stop for lane in lanes if (stop := self._hopeless(lane)) is not None}
        self.stuck = sorted(set(stuck.values()), key=lambda stop: stop.since)
        if self.stuck and not any(lane.api in self._apis and lane not in stuck for lane in lanes):
            return True  # a delayed job of a lane that stands still is not worth waiting for
        ready = [one.lane for one in await self._queue.lanes()]
        return counts.ready_only and not any(lane.api in self._apis and lane not in stuck for lane in ready)

    def _hopeless(self, lane: Lane) -> Stop | None:
        return next((trouble.stop for trouble in self._gates.troubles(lane) if _is_hopeless(trouble)), None)


def _is_hopeless(trouble: Trouble) -> bool:
    kind = trouble.stop.kind
    return kind in _HOPELESS or (kind in _GIVE_UP_AT and trouble.streak >= _GIVE_UP_AT[kind])
