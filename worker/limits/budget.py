"""One budget as the arithmetic needs it: how far apart units are, and how many may go at once."""

from dataclasses import dataclass
from typing import Final

from worker.job import Lane
from worker.settings import LimitSettings

#: Share of the rate that may be spent at once where the config does not say. What bursts has to be taken off the steady
#: rate (see ``interval_s``), so this is also what smoothness costs in throughput.
_BURST_SHARE: Final = 0.01
#: Costs are lumps: a tenth of the period's units lets one job of that size go at once.
_COST_BURST_SHARE: Final = 0.1
_MOST_COST_BURST_SHARE: Final = 0.9  # what is left over refills the budget: with nothing left it would never refill


@dataclass(frozen=True, slots=True)
class Budget:
    """One rate limit.

    Attributes:
        rate: units in any ``per_s`` seconds.
        burst: units that may go at once.
        interval_s: seconds between units in the long run.
    """

    rate: float
    per_s: float
    by: str
    cost: str | None
    burst: float
    interval_s: float

    def scope(self, lane: Lane) -> tuple[str | None, ...]:
        """Whose account a lane draws on."""
        match self.by:
            case "operation":
                return lane.api, lane.operation
            case "key":
                return lane.api, lane.key
        return (lane.api,)


def from_settings(limit: LimitSettings) -> Budget:
    """A budget that no sliding window of length ``per`` ever overdraws.

    A bucket of ``burst`` units that refills every ``interval_s`` lets fewer than ``burst + per_s / interval_s`` units
    through in the worst window. Requests are whole, so one more than the rate may stand there; costs need not be. A
    rate below one request in ``per`` is one request in as many ``per`` as that takes.
    """
    if limit.cost is None:
        rate = float(int(limit.rate)) if limit.rate >= 1 else limit.rate
        most = max(rate, 1.0)
        burst = max(1.0, float(int(rate * _BURST_SHARE))) if limit.burst is None else min(limit.burst, most)
        interval_s = limit.per_s / (rate - burst + 1 if rate >= 1 else rate)
    else:
        burst = limit.rate * _COST_BURST_SHARE if limit.burst is None else limit.burst
        burst = min(burst, limit.rate * _MOST_COST_BURST_SHARE)
        interval_s = limit.per_s / (limit.rate - burst)
    return Budget(limit.rate, limit.per_s, limit.by, limit.cost, burst, interval_s)
