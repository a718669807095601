"""How much the API behind the sandbox can do at once: so many requests are worked on, the others queue, up to a point.

A queue in front of servers, worked out when a request comes: nothing has to be told when it is done.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from worker.sandbox.answer import Answer, problem

_WHOLE: Final = 2**64


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the API can do in a part of its time.

    Attributes:
        latency_s: how long one request takes while nothing waits.
        jitter: by which share of that a request may take less or more, spread evenly.
        in_flight: requests that are worked on at once; None: any number.
        queue: requests that may wait for their turn; one more is answered ``status``. None: any number.
        status: 503, or whatever the API says when it has too much to do.
        from_s: seconds since the start from which on it is so; the last that has begun holds.
    """

    latency_s: float
    jitter: float = 0.0
    in_flight: int | None = None
    queue: int | None = None
    status: int = 503
    from_s: float = 0.0


class Load:
    """What the API has to do now, and how long one more request takes.

    Args:
        capacities: by the time they begin; before the first, everything is done at once.
        seed: other seeds have other latencies.
    """

    def __init__(self, capacities: Sequence[Capacity], seed: int = 0) -> None:
        self._capacities = sorted(capacities, key=lambda one: one.from_s)
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """Forget every request."""
        self._now = -1  # the number of the capacity that holds
        self._count = 0
        self._free_at: list[float] = []  # when each of the servers has done all that it has to do
        self._starts: list[float] = []  # when those that wait have their turn

    def take(self, at_s: float) -> tuple[float, Answer | None]:
        """How long a request takes that comes ``at_s`` seconds after the start; the refusal where it is not taken."""
        capacity = self._at(at_s)
        if capacity is None:
            return 0.0, None
        work_s = self._work_s(capacity)
        if capacity.in_flight is None:
            return work_s, None
        while self._starts and self._starts[0] <= at_s:
            heapq.heappop(self._starts)
        begins_at = max(self._free_at[0], at_s)
        if begins_at > at_s:
            if capacity.queue is not None and len(self._starts) >= capacity.queue:
                return 0.0, problem(capacity.status, "too many requests at once")
            heapq.heappush(self._starts, begins_at)
        heapq.heapreplace(self._free_at, begins_at + work_s)
        return begins_at + work_s - at_s, None

    def _at(self, at_s: float) -> Capacity | None:
        while self._now + 1 < len(self._capacities) and self._capacities[self._now + 1].from_s <= at_s:
            self._now += 1
            servers = self._capacities[self._now].in_flight or 0
            busy = heapq.nlargest(servers, self._free_at)  # who has most to do goes on
            self._free_at = busy + [at_s] * (servers - len(busy))
            heapq.heapify(self._free_at)
        return self._capacities[self._now] if self._now >= 0 else None

    def _work_s(self, capacity: Capacity) -> float:
        self._count += 1
        if not capacity.jitter:
            return capacity.latency_s
        chance = int.from_bytes(sha256(f"{self._seed}:{self._count}".encode()).digest()[:8]) / _WHOLE
        return capacity.latency_s * (1 + capacity.jitter * (2 * chance - 1))
