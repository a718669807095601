"""A circuit breaker for every lane of an API: when so much of what is sent fails that going on helps nobody.

Pure: it counts, and says when it is too much. Its gate (``limits/gate.py``) keeps the lane's jobs back and lets single
ones find out whether the API works again.
"""

import math
from collections import deque
from typing import Final, NamedTuple

from worker.job import Lane
from worker.outcome import Answer, Reply
from worker.settings import BreakerSettings

_PARTS: Final = 10  # of the window: what is counted leaves it a tenth at a time
_SWEEP_AT: Final = 4096  # lanes counted for before those whose failures are long ago are looked for
_FAILED: Final = 500  # the first status that says that the API failed


class Trip(NamedTuple):
    """Why a lane is to be left alone: ``failed`` of the last ``total`` requests did, or as many of its probes."""

    failed: int
    total: int


class _Part:
    """What happened in one part of the window."""

    __slots__ = ("failed", "number", "total")

    def __init__(self, number: int) -> None:
        self.number = number
        self.total = self.failed = 0


class Breaker:
    """Watches what becomes of one API's requests, lane by lane.

    A lane is counted for from its first failure on, until a whole window has passed without another. So lanes that are
    well cost neither time nor memory, and one that was well for long trips as soon as one that is new.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._part_s = settings.window_s / _PARTS
        self._lanes: dict[Lane, deque[_Part]] = {}
        self._sweep_at = _SWEEP_AT

    def ended(self, lane: Lane, now: float, *, failed: bool) -> Trip | None:
        """Note what became of a request of a lane that is not kept back; the trip, where that is one too many.

        Args:
            lane: its lane, which is forgotten with the trip.
            now: monotonic seconds.
            failed: whether the API failed at it.
        """
        parts = self._lanes.get(lane)
        if parts is None:
            if not failed or not self._settings.enabled:
                return None
            parts = self._begin(lane, now)
        self._count(parts, now, failed=failed)
        failures = sum(part.failed for part in parts)
        if not failures:
            del self._lanes[lane]
            return None
        total = sum(part.total for part in parts)
        settings = self._settings
        if total < settings.minimum or failures < settings.failure_ratio * total:
            return None
        del self._lanes[lane]
        return Trip(failures, total)

    def probed(self, count: int) -> Trip | None:
        """The trip, once so many requests failed that were to find out whether a lane works again."""
        return Trip(count, count) if count >= self._settings.probes else None

    def _begin(self, lane: Lane, now: float) -> deque[_Part]:
        if len(self._lanes) >= self._sweep_at:
            oldest = self._oldest(now)
            self._lanes = {one: parts for one, parts in self._lanes.items() if parts[-1].number >= oldest}
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._lanes))
        parts = self._lanes[lane] = deque[_Part]()
        return parts

    def _count(self, parts: deque[_Part], now: float, *, failed: bool) -> None:
        number, oldest = math.floor(now / self._part_s), self._oldest(now)
        while parts and parts[0].number < oldest:
            parts.popleft()
        if not parts or parts[-1].number != number:
            parts.append(_Part(number))
        parts[-1].total += 1
        parts[-1].failed += failed

    def _oldest(self, now: float) -> int:
        """The number of the oldest part that is still in the window."""
        return math.floor(now / self._part_s) - _PARTS + 1


def failed(reply: Reply) -> bool:
    """Whether the API failed at a request: answers that refuse it say that the API works."""
    return not isinstance(reply, Answer) or reply.status >= _FAILED
