"""``[apis.NAME.breaker]``."""

from dataclasses import dataclass

from worker.settings import kinds
from worker.settings.about import setting


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """``[apis.NAME.breaker]``: when a lane whose requests fail is left alone for a while.

    Attributes:
        failure_ratio: the share of requests in the last ``window_s`` seconds, failed, at which it opens.
        minimum: requests in the window below which it never opens.
        cool_down_s: seconds that it stays open before it is tried out, and again after that was in vain.
        probes: requests that try it out then, one after the other; the first that does not fail closes it.
    """

    enabled: bool = setting(kinds.Flag(), "a failing API recovers sooner when it is left alone", default=True)
    failure_ratio: float = setting(
        kinds.Number(above=0, high=1, unit="the share failed"), "half of what is sent is in vain", 0.5
    )
    window_s: float = setting(kinds.Duration(1, 3600), "the requests that count", 30, key="window")
    minimum: int = setting(kinds.Integer(1, 100_000, "requests"), "fewer in the window say nothing", 20)
    cool_down_s: float = setting(
        kinds.Duration(0.1, 3600), "long enough for a restart to have begun", 15, key="cool_down"
    )
    probes: int = setting(
        kinds.Integer(1, 100, "requests"), "tried out one by one then: a single one may fail for its own sake", 3
    )
