"""Gates: an API that wants to be left alone, or cannot be reached, is closed for a while, for all of its jobs.

A lane whose budget is spent is held for a while; an operation that drifts is paused for as long as the worker runs.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from worker.job import Lane
from worker.ports import Clock

#: Seconds to stay away from an API that does not say for how long, by how often in a row it had to be closed.
_BACK_OFF_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

_SWEEP_AT: Final = 4096  # held lanes kept before those whose time has passed are looked for


@dataclass(frozen=True, slots=True)
class Closure:
    """Why an API is to be left alone.

    Attributes:
        reason: for a person: ``429 Too Many Requests``, ``connection refused``.
        wait_s: as told by the API; None or 0 to back off by our own steps.
        kind: ``throttled`` passes by itself, ``unreachable`` may pass, ``unauthorised`` needs a person.
    """

    reason: str
    kind: str
    wait_s: float | None = None


@dataclass(slots=True)
class _Gate:
    closed_until: float = 0.0
    streak: int = 0
    closure: Closure | None = None


class Gates:
    """One gate per API, open until closed. Times are the clock's monotonic seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gates: dict[str, _Gate] = {}
        self._held: dict[Lane, float] = {}
        self._sweep_at = _SWEEP_AT
        self._paused: dict[tuple[str, str], str] = {}

    def close(self, api: str, closure: Closure) -> float | None:
        """Close an API; seconds it is closed for, or None where it was closed for at least as long already.

        Many requests in flight fail together: only the first of them lengthens the back-off.
        """
        now = self._clock.monotonic()
        gate = self._gates.setdefault(api, _Gate())
        already = gate.closed_until > now
        if gate.closure is not None and gate.closure.kind != closure.kind:
            gate.streak = 0  # another trouble begins
        if closure.wait_s:
            wait_s = closure.wait_s
            if now + wait_s <= gate.closed_until:
                return None
        else:  # "at once" is what an API says that has not thought about it: nobody is helped by a storm
            if already:
                return None
            wait_s = _BACK_OFF_S[min(gate.streak, len(_BACK_OFF_S) - 1)]
        gate.streak += 0 if already else 1
        gate.closed_until = now + wait_s
        gate.closure = closure
        return wait_s

    def closed_s(self, api: str) -> float:
        """Seconds until an API may be tried again; 0 where it is open."""
        gate = self._gates.get(api)
        return max(gate.closed_until - self._clock.monotonic(), 0.0) if gate else 0.0

    def closed(self) -> list[str]:
        """APIs that are closed now."""
        return [api for api in self._gates if self.closed_s(api)]

    def probing(self, api: str) -> bool:
        """Whether an API was closed and has not answered since: one job at a time finds out, not all at once."""
        return api in self._gates

    def succeed(self, api: str) -> bool:
        """An answer came that is no reason to stay away; whether that ended a closure."""
        return self._gates.pop(api, None) is not None if self._gates and self.closed_s(api) == 0 else False

    def hold(self, lane: Lane, wait_s: float) -> None:
        """Let a lane rest whose budget is spent."""
        now = self._clock.monotonic()
        if len(self._held) >= self._sweep_at:
            self._held = {one: until for one, until in self._held.items() if until > now}
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._held))
        self._held[lane] = now + wait_s

    def pause(self, lane: Lane, reason: str) -> bool:
        """Leave the operation of a lane alone from now on; whether it was not paused already."""
        return self._paused.setdefault((lane.api, lane.operation), reason) is reason

    def paused(self, lane: Lane) -> bool:
        """Whether the operation of a lane is paused."""
        return bool(self._paused) and (lane.api, lane.operation) in self._paused

    @property
    def pauses(self) -> Mapping[tuple[str, str], str]:
        """Why operations are paused, by API and operation."""
        return self._paused

    def wait_s(self, lane: Lane) -> float:
        """Seconds until jobs of a lane may be leased; 0 where that is now, infinity where its operation is paused."""
        if self.paused(lane):
            return math.inf
        if not self._gates and not self._held:
            return 0.0
        held_s = self._held.get(lane, 0.0) - self._clock.monotonic()
        if held_s <= 0:
            self._held.pop(lane, None)
        return max(held_s, self.closed_s(lane.api), 0.0)

    def trouble(self, api: str) -> tuple[Closure, int] | None:
        """The last closure of an API that has not answered since, and how often in a row it was closed."""
        gate = self._gates.get(api)
        return (gate.closure, gate.streak) if gate and gate.closure else None
