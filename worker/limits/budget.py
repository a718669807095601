"""One budget as the arithmetic needs it: how far apart units are, and how many may go at once."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from worker.job import Lane, Scope
from worker.limits.account import STEPS
from worker.settings import LimitSettings

Window = Literal["smooth", "sliding", "fixed"]

#: Share of the rate that may be spent at once where the config does not say. What bursts has to be taken off the steady
#: rate (see ``smooth``), so this is also what burstiness costs in throughput.
_BURST_SHARE: Final = 0.0005
#: Costs are lumps: a tenth of the period's units lets one job of that size go at once.
_COST_BURST_SHARE: Final = 0.1

#: A request arrives up to so much later than its slot, and others on time: the period is longer by this, which costs as
#: much throughput. At least the timers' grain and a busy machine's whims; never more than helps against those.
_SLACK_SHARE: Final = 0.0175
_LEAST_SLACK_S: Final = 0.0175
_MOST_SLACK_S: Final = 0.25
#: How much of it a request may use up before it leaves; the rest is for the way to the server, which is longest for the
#: first on a connection.
_LATE_SHARE: Final = 0.45

#: Where the API counts in windows and not evenly, requests leave so far apart, as one process can send them.
_WINDOW_INTERVAL_S: Final = 0.001
_SHORT: Final = 10  # slacks: a fixed window shorter than this is all edge, so it is counted as a sliding one


@dataclass(frozen=True, slots=True)
class Budget:
    """One rate limit.

    Attributes:
        rate: units in any ``per_s`` seconds.
        by: one account per ``api``, ``operation`` or job ``key``, as limits are; or per ``lane``.
        cost: the name in ``job.cost`` of what is counted; None for requests.
        window: how the API counts.
        burst: units that may go at once.
        interval_s: seconds between units in the long run; in windows, of units that follow each other.
        slack_s: how much later than its slot a request may arrive.
        estimate: units of a job that names no cost.
    """

    rate: float
    per_s: float
    by: str
    cost: str | None
    window: Window
    burst: float
    interval_s: float
    slack_s: float
    estimate: float = 1.0

    @property
    def late_s(self) -> float:
        """How much later than its slot a request may leave."""
        return self.slack_s * _LATE_SHARE

    @property
    def span_s(self) -> float:
        """How long a unit counts after its slot."""
        return self.per_s + self.slack_s

    def scope(self, lane: Lane) -> Scope:
        """Whose account a lane draws on."""
        match self.by:
            case "operation":
                return Scope(lane.api, lane.operation)
            case "key":
                return Scope(lane.api, None, lane.key)
            case "lane":
                return Scope(*lane)
        return Scope(lane.api)


def from_settings(limit: LimitSettings) -> Budget:
    """A budget that no window of length ``per`` ever overdraws.

    Requests are whole: a rate below one in ``per`` is one in as many ``per`` as that takes.
    """
    rate, per_s = limit.rate, limit.per_s
    if limit.cost is None:
        rate, per_s = (float(int(rate)), per_s) if rate >= 1 else (1.0, per_s / rate)
    slack_s = min(max(per_s * _SLACK_SHARE, _LEAST_SLACK_S), _MOST_SLACK_S)
    window = "sliding" if limit.window == "fixed" and per_s < _SHORT * slack_s else limit.window
    burst, interval_s = _spacing(limit, rate, per_s, slack_s)
    return Budget(rate, per_s, limit.by, limit.cost, window, burst, interval_s, slack_s, limit.reserved)


def _spacing(limit: LimitSettings, rate: float, per_s: float, slack_s: float) -> tuple[float, float]:
    """How many units may go at once, and how far apart the others are."""
    if limit.window == "smooth" and limit.cost is None:
        burst = max(1.0, float(int(rate * _BURST_SHARE))) if limit.burst is None else min(limit.burst, rate)
        return burst, _in_steps((per_s + slack_s) / (rate - burst + 1))
    if limit.window == "smooth":
        burst = rate * _COST_BURST_SHARE if limit.burst is None else min(limit.burst, rate)
        return burst, (per_s + slack_s) / rate
    if limit.cost is None:
        return 1.0, min(_in_steps(per_s / rate / 2), _WINDOW_INTERVAL_S)
    return rate, 0.0


def _in_steps(seconds: float) -> float:
    return math.ceil(seconds * STEPS) / STEPS
