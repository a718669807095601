"""Lets what is late leave in small bursts inside one process: after a stall, many slots have come at once.

Built on aiolimiter's leaky bucket: small buckets, not one of the whole rate, which would let nearly twice the rate go
in its first period. The slots themselves come from the quota, which all processes share.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from aiolimiter import AsyncLimiter

from worker.job import Lane, Scope
from worker.limits.budget import Budget

_MAX_BUCKETS: Final = 4096  # buckets kept; the least recently used are full again long before this many others were

#: How much faster than its slots come a bucket lets requests go: at the very pace of the slots, what was late once
#: would be late for ever.
_FASTER: Final = 2.0
_TIMER_S: Final = 0.005  # timers are no finer: what is due in such a time leaves at once


class Pacer:
    """A bucket for every account of every budget that counts requests.

    Args:
        budgets: by API.
    """

    def __init__(self, budgets: Mapping[str, Sequence[Budget]]) -> None:
        self._budgets = {api: [one for one in found if one.cost is None] for api, found in budgets.items()}
        self._limited = frozenset(api for api, found in budgets.items() if found)
        self._dear = frozenset(api for api, found in budgets.items() if any(one.cost for one in found))
        self._buckets: OrderedDict[tuple[int, Scope], AsyncLimiter] = OrderedDict()

    def limits(self, api: str) -> bool:
        """Whether an API has any budget at all, of requests or of costs."""
        return api in self._limited

    def costs(self, api: str) -> bool:
        """Whether an API has budgets of named costs, which are paid for when a job is about to leave."""
        return api in self._dear

    async def depart(self, lane: Lane) -> None:
        """Return when the next request of this lane may leave."""
        for number, budget in enumerate(self._budgets.get(lane.api, ())):
            await self._bucket(number, budget, lane).acquire()

    def _bucket(self, number: int, budget: Budget, lane: Lane) -> AsyncLimiter:
        account = (number, budget.scope(lane))
        bucket = self._buckets.get(account)
        if bucket is None:
            most = max(budget.burst, _TIMER_S / budget.interval_s)
            bucket = self._buckets[account] = AsyncLimiter(most, most * budget.interval_s / _FASTER)
            if len(self._buckets) > _MAX_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(account)
        return bucket
