"""The account of every budget, kept in this process by GCRA (ITU-T I.371's generic cell rate algorithm).

Each account is one number: the time at which it will be full again. Units are taken for a slice ahead, so that jobs
are leased in batches; the pacer spaces them out. An account that is full again equals one that never was, so those
are forgotten and memory does not grow with the number of keys.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from worker.job import Lane
from worker.limits.budget import Budget
from worker.ports import Clock, Grant

#: How far ahead requests may be paid for: long enough for batches, short enough that a crash wastes little.
SLICE_S: Final = 0.1
_A_MOMENT_S: Final = 1e-9  # less than this is what adding up leaves over
_SWEEP_AT: Final = 4096  # accounts kept before full ones are looked for

Account = tuple[int, tuple[str | None, ...]]


class MemoryQuota:
    """Budgets of all APIs, accounted for in this process.

    Args:
        budgets: by API; an API without any is not limited.
    """

    def __init__(self, budgets: Mapping[str, Sequence[Budget]], clock: Clock) -> None:
        self._clock = clock
        numbered = iter(range(sum(map(len, budgets.values()))))
        self._budgets = {api: [(next(numbered), budget) for budget in found] for api, found in budgets.items()}
        every = (one for found in self._budgets.values() for one in found)
        # a lump asks for how long an account has been full, up to a whole period
        self._kept_s = {number: budget.per_s if budget.cost else 0.0 for number, budget in every}
        self._full_at: dict[Account, float] = {}
        self._sweep_at = _SWEEP_AT

    async def grant(self, lane: Lane, most: int) -> Grant:
        """See ``ports.Quota``. A budget by cost grants as long as it is not overdrawn; ``charge`` takes the units."""
        now = self._clock.monotonic()
        count: float = most
        wait_s = 0.0
        for account, budget in self._of(lane):
            ahead_s = max(self._full_at.get(account, now) - now, 0.0)
            room_s = self._reach_s(budget) - ahead_s
            free = most if budget.cost and room_s > 0 else math.floor(room_s / budget.interval_s + 1e-9)
            if free < most:
                wait_s = max(wait_s, budget.interval_s - room_s if free < 1 else budget.interval_s)
            count = min(count, free)
        granted = max(int(count), 0)
        if granted:
            self._take(lane, granted, now)
        return Grant(granted, wait_s if granted < most else 0.0)

    async def refund(self, lane: Lane, count: int, cost: Mapping[str, float] | None = None) -> None:
        """See ``ports.Quota``."""
        for account, budget in self._of(lane):
            units: float = count
            if budget.cost is not None:
                units = 0.0 if cost is None else cost.get(budget.cost, 1.0)
            if account in self._full_at:
                self._full_at[account] -= units * budget.interval_s

    async def charge(self, lane: Lane, cost: Mapping[str, float]) -> float:
        """See ``ports.Quota``. A lump larger than the burst goes when its account would have overflowed by now.

        What it is larger by must have been left unspent before, or the window that ends with it would be overdrawn.
        """
        now = self._clock.monotonic()
        due: list[tuple[Account, float]] = []
        wait_s = 0.0
        for account, budget in self._of(lane):
            units = cost.get(budget.cost, 1.0) if budget.cost else 0.0
            if not units:
                continue
            if units > budget.rate:
                return math.inf
            full_at = self._full_at.get(account, -math.inf)
            wait_s = max(wait_s, full_at - now - (budget.burst - units) * budget.interval_s)
            due.append((account, max(full_at, now) + units * budget.interval_s))
        if wait_s > _A_MOMENT_S:
            return wait_s
        self._full_at.update(due)
        return 0.0

    def _of(self, lane: Lane) -> list[tuple[Account, Budget]]:
        return [((number, budget.scope(lane)), budget) for number, budget in self._budgets.get(lane.api, ())]

    def _reach_s(self, budget: Budget) -> float:
        return max(budget.burst * budget.interval_s, SLICE_S)

    def _take(self, lane: Lane, count: int, now: float) -> None:
        for account, budget in self._of(lane):
            if budget.cost is None:
                self._full_at[account] = max(self._full_at.get(account, now), now) + count * budget.interval_s
        if len(self._full_at) >= self._sweep_at:
            kept_s = self._kept_s
            self._full_at = {account: at for account, at in self._full_at.items() if at + kept_s[account[0]] > now}
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._full_at))
