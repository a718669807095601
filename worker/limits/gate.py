"""Gates: parts of the lanes that are to be left alone, for a while or until somebody lets them go on.

A closed gate costs no job anything: what is behind it is not leased. After its time one job at a time finds out
whether it may open. Every worker has its own gates; ``engine/board.py`` keeps them the same as those of the others.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from worker.job import EVERY, Lane, Scope, Standstill, Stop
from worker.limits.word import MAX_WAIT_S
from worker.ports import Clock

#: Seconds to stay away from who does not say for how long, by how often in a row that was necessary.
BACK_OFF_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

_SWEEP_AT: Final = 4096  # held lanes kept before those whose time has passed are looked for
_PROBE_S: Final = 1.0  # after a closure one job asks, and the next not before this, unless there was an answer
_STALE_S: Final = 600.0  # a closure that nobody has asked about for so long after its end is forgotten

Level = Literal["api", "operation", "key", "credential", "lane"]

#: What an answer ends that is no reason to stay away. The others are lifted by whoever put them up.
_PASSING: Final = frozenset(
    {Standstill.CLOSED, Standstill.UNREACHABLE, Standstill.UNAUTHORISED, Standstill.BREAKER_OPEN}
)


@dataclass(frozen=True, slots=True)
class Closure:
    """Why lanes are to be left alone.

    Attributes:
        reason: for a person: ``429 Too Many Requests``, ``connection refused``.
        wait_s: as told by the API; None or 0 to back off by our own steps.
        level: how much is closed; None as the config says of throttles.
        probes: answers that it takes to open again.
        news: people are to be told, should it close anything.
    """

    reason: str
    kind: Standstill
    wait_s: float | None = None
    level: Level | None = None
    probes: int = 1
    news: bool = True


class Trouble(NamedTuple):
    """A stop, and how often in a row it was put up."""

    stop: Stop
    streak: int


@dataclass(slots=True)
class _Gate:
    """Times are the clock's monotonic seconds.

    Attributes:
        ends_at: when jobs may be tried again; infinity where a person decides.
        probe_at: when the next job may find out.
        probes: answers that are still needed.
        missed: jobs that were to find out, and failed.
    """

    stop: Stop
    ends_at: float
    streak: int = 1
    probe_at: float = 0.0
    probes: int = 1
    missed: int = 0


_Key = tuple[Scope, Standstill]


def scope_of(lane: Lane, level: Level) -> Scope:
    """The part of the lanes, at a level, that a lane belongs to."""
    match level:
        case "api":
            return Scope(lane.api)
        case "operation":
            return Scope(lane.api, lane.operation)
        case "key":
            return Scope(lane.api, None, lane.key)
        case "credential":
            return Scope(lane.api, None, lane.key or "")
        case "lane":
            return Scope(lane.api, lane.operation, lane.key or "")


class Gates:
    """Every gate that is closed, or has been closed and not opened since; what has none is open."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gates: dict[Scope, dict[Standstill, _Gate]] = {}
        self._held: dict[Lane, float] = {}
        self._sweep_at = _SWEEP_AT
        self._puts: dict[_Key, Stop] = {}
        self._lifts: dict[Stop, None] = {}  # in their order

    def close(self, scope: Scope, closure: Closure) -> Stop | None:
        """Close a gate; the stop, or None where it was closed for at least as long already.

        Many requests in flight fail together: only the first of them lengthens the back-off.
        """
        now = self._clock.monotonic()
        gate = self._gates.get(scope, {}).get(closure.kind)
        already = gate is not None and gate.ends_at > now
        if closure.wait_s:
            wait_s = closure.wait_s
            if gate is not None and now + wait_s <= gate.ends_at:
                return None
        elif already:  # "at once" is what an API says that has not thought about it: nobody is helped by a storm
            return None
        else:
            wait_s = BACK_OFF_S[min(gate.streak if gate else 0, len(BACK_OFF_S) - 1)]
        return self._put(scope, closure, gate, now, wait_s)

    def _put(self, scope: Scope, closure: Closure, gate: _Gate | None, now: float, wait_s: float) -> Stop:
        wall = self._clock.now()
        since = gate.stop.since if gate else wall
        stop = Stop(scope, closure.kind, closure.reason, since, wall + wait_s)
        streak = 1 if gate is None else gate.streak + (gate.ends_at <= now)
        self._gates.setdefault(scope, {})[closure.kind] = _Gate(stop, now + wait_s, streak, probes=closure.probes)
        self._note(stop)
        return stop

    def stand(self, stop: Stop) -> bool:
        """Stop a part of the lanes until somebody lifts it; whether it did not stand still for this already."""
        standing = self._gates.setdefault(stop.scope, {})
        if stop.kind in standing:
            return False
        standing[stop.kind] = _Gate(stop, math.inf)
        self._note(stop)
        return True

    def lift(self, scope: Scope, kind: Standstill) -> Stop | None:
        """Let a part of the lanes go on, as far as this kind kept it; what had kept it."""
        gate = self._forget(scope, kind)
        if gate is None:
            return None
        self._lifts[gate.stop] = None
        return gate.stop

    def succeed(self, lane: Lane, *, failed: bool = False) -> list[Stop]:
        """An answer came that is no reason to stay away; the stops that it has ended.

        One that says that the API ``failed`` ends all but those of a breaker.
        """
        if not self._gates:
            return []
        now = self._clock.monotonic()
        ended = []
        for gate in list(self._over(lane)):
            if failed and gate.stop.kind is Standstill.BREAKER_OPEN:
                continue
            if gate.stop.kind in _PASSING and gate.ends_at <= now:
                gate.probes -= 1
                gate.probe_at = now
                if gate.probes <= 0 and (stop := self.lift(gate.stop.scope, gate.stop.kind)):
                    ended.append(stop)
        return ended

    def miss(self, stop: Stop) -> int:
        """Note that a job failed that was to find out whether a stop may end; how many have since it was put up."""
        gate = self._gates[stop.scope][stop.kind]
        gate.missed += 1
        return gate.missed

    def hold(self, lane: Lane, wait_s: float) -> None:
        """Let a lane rest whose budget is spent."""
        now = self._clock.monotonic()
        if len(self._held) >= self._sweep_at:
            self._held = {one: until for one, until in self._held.items() if until > now}
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._held))
        self._held[lane] = now + wait_s

    def leave(self, lane: Lane, most: int) -> tuple[int, float]:
        """How many jobs of a lane may be leased now, up to ``most``; where none, the seconds until it may be asked.

        One is let through where a closure has ended and no answer has come since: the call itself counts as asking.
        """
        if not self._gates and not self._held:
            return most, 0.0
        now = self._clock.monotonic()
        held_s = self._held.get(lane, 0.0) - now
        if held_s > 0:
            return 0, held_s
        self._held.pop(lane, None)
        over = list(self._over(lane))
        if not over:
            return most, 0.0
        wait_s = max(max(gate.ends_at, gate.probe_at) for gate in over) - now
        if wait_s > 0:
            return 0, wait_s
        for gate in over:
            gate.probe_at = now + _PROBE_S
        return 1, 0.0

    def shut(self, lane: Lane) -> Stop | None:
        """What a lane stands still for, if it does: of several, what lasts longest."""
        if not self._gates:
            return None
        now = self._clock.monotonic()
        closed = [gate for gate in self._over(lane) if gate.ends_at > now]
        return max(closed, key=lambda gate: gate.ends_at).stop if closed else None

    def troubles(self, lane: Lane) -> list[Trouble]:
        """All that has kept a lane and has not been answered since."""
        return [Trouble(gate.stop, gate.streak) for gate in self._over(lane)] if self._gates else []

    @property
    def troubled(self) -> bool:
        """Whether anything stands still, or did and has not been answered since."""
        return bool(self._gates)

    def stops(self) -> list[Stop]:
        """All that stands still now, the oldest first."""
        now = self._clock.monotonic()
        return sorted((gate.stop for gate in self._all() if gate.ends_at > now), key=lambda stop: stop.since)

    def changes(self) -> tuple[list[Stop], list[Stop]]:
        """What was put up, and what was lifted, since it was last ``told``."""
        return list(self._puts.values()), list(self._lifts)

    def told(self, puts: Sequence[Stop], lifts: Sequence[Stop]) -> None:
        """The others know of these changes now."""
        for stop in puts:
            if self._puts.get((stop.scope, stop.kind)) is stop:
                del self._puts[stop.scope, stop.kind]
        for stop in lifts:
            self._lifts.pop(stop, None)

    def adopt(self, stops: Sequence[Stop]) -> tuple[list[Stop], list[Stop]]:
        """Take over what all workers know; what others have put up since, and what they lifted or all forgot.

        What this one has changed and not told yet stays as it is. Nothing that passes lasts longer than it may be asked
        for, whatever the clock of the machine that wrote it said.
        """
        wall, now = self._clock.now(), self._clock.monotonic()
        shared = {(stop.scope, stop.kind): stop for stop in stops if stop not in self._lifts}
        new = [
            stop
            for stop in shared.values()
            if self._take(stop, now + (math.inf if stop.until is None else min(stop.until - wall, MAX_WAIT_S)))
        ]
        gone = []
        for gate in list(self._all()):
            key = gate.stop.scope, gate.stop.kind
            if key not in shared and key not in self._puts:
                self._forget(*key)
            elif gate.ends_at + _STALE_S < now:
                self.lift(*key)
            else:
                continue
            gone.append(gate.stop)
        return new, gone

    def _take(self, stop: Stop, ends_at: float) -> bool:
        if (stop.scope, stop.kind) in self._puts:
            return False
        standing = self._gates.setdefault(stop.scope, {})
        gate = standing.get(stop.kind)
        if gate is None:
            standing[stop.kind] = _Gate(stop, ends_at)
            return True
        if stop != gate.stop:
            gate.streak += gate.ends_at <= self._clock.monotonic()
            gate.stop, gate.ends_at, gate.missed = stop, ends_at, 0
        return False

    def _forget(self, scope: Scope, kind: Standstill) -> _Gate | None:
        standing = self._gates.get(scope, {})
        gate = standing.pop(kind, None)
        if not standing:
            self._gates.pop(scope, None)
        return gate

    def _note(self, stop: Stop) -> None:
        self._lifts.pop(stop, None)
        self._puts[stop.scope, stop.kind] = stop

    def _over(self, lane: Lane) -> Iterator[_Gate]:
        for scope in _scopes(lane.api, lane.operation, lane.key or ""):
            if standing := self._gates.get(scope):
                yield from standing.values()

    def _all(self) -> Iterator[_Gate]:
        return (gate for standing in self._gates.values() for gate in standing.values())


def _scopes(api: str, operation: str, key: str) -> tuple[Scope, ...]:
    return Scope(EVERY), Scope(api), Scope(api, operation), Scope(api, None, key), Scope(api, operation, key)
