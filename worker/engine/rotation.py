"""Whose turn it is: the lanes of one API that have jobs to lease, each in turn, and those that rest for a while."""

import heapq
from collections import deque
from collections.abc import Iterable
from itertools import count

from worker.job import Lane
from worker.ports import MOST_COUNTED, Ready


class Rotation:
    """Lanes in the order of their turns. What has no jobs left is not in it until it is ``renewed``."""

    def __init__(self) -> None:
        self._turns: deque[Lane] = deque()
        self._jobs: dict[Lane, float] = {}
        self._resting: list[tuple[float, int, Lane]] = []  # by time, then in the order in which they came
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._jobs)

    def renew(self, ready: Iterable[Ready]) -> None:
        """Take over which lanes have jobs; whose turn it is, and who rests, stays as it was."""
        jobs = {one.lane: float(one.jobs) if one.jobs < MOST_COUNTED else float("inf") for one in ready}
        turns = [lane for lane in self._turns if lane in jobs]
        self._resting = [one for one in self._resting if one[2] in jobs]
        heapq.heapify(self._resting)
        known = {*turns, *(one[2] for one in self._resting)}
        self._turns = deque(turns)
        self._turns.extend(lane for lane in jobs if lane not in known)
        self._jobs = jobs

    def next(self, now: float) -> Lane | None:
        """The lane whose turn it is, taken out: it comes in again by ``back``, ``end`` or ``rest``."""
        while self._resting and self._resting[0][0] <= now:
            self._turns.append(heapq.heappop(self._resting)[2])
        while self._turns:
            lane = self._turns.popleft()
            if lane in self._jobs:
                return lane
        return None

    def jobs(self, lane: Lane) -> float:
        """How many jobs a lane has, as far as is known; infinity for many."""
        return self._jobs.get(lane, 0.0)

    def back(self, lanes: Iterable[Lane]) -> None:
        """Lanes that could not have their turn have it first."""
        self._turns.extendleft(reversed(list(lanes)))

    def end(self, lane: Lane, leased: int) -> None:
        """A lane has had its turn, and so many jobs."""
        left = self._jobs.get(lane, 0.0) - leased
        if left > 0:
            self._jobs[lane] = left
            self._turns.append(lane)
        else:
            self.forget(lane)

    def rest(self, lane: Lane, until: float) -> None:
        """A lane cannot send before ``until``."""
        heapq.heappush(self._resting, (until, next(self._numbers), lane))

    def forget(self, lane: Lane) -> None:
        """A lane has nothing to lease."""
        self._jobs.pop(lane, None)

    def add(self, lane: Lane) -> None:
        """A lane may have something to lease again."""
        if lane not in self._jobs:
            self._jobs[lane] = 1.0
            self._turns.append(lane)

    def until(self) -> float:
        """When the first that rests may be asked again; now (0) where somebody need not rest, infinity without any."""
        if self._turns:
            return 0.0
        return self._resting[0][0] if self._resting else float("inf")
