"""Estimates how many requests an API can work on at once, from how its answers come back. Pure: time is passed in.

It looks at windows of about one round trip: all the requests that left since the last decision, and came back. The
estimate doubles with each window until the first sign of trouble, and grows by one afterwards; it never grows while
it is not used to the full. Trouble is an answer that the API is overloaded, or none in time (the estimate falls by a
quarter, once for all that left before), or answers that take longer than they did (it falls as far as they take
longer). If they still do after two such cuts, then the API is slower by itself, and that becomes the measure.
"""

import math
from enum import Enum
from typing import Final, assert_never

#: The first estimate: above one, so that the first doublings take a few round trips; few enough to harm nobody.
START: Final = 4
#: The most that is ever estimated where nobody says less: beyond, one process's event loop is what queues.
MOST: Final = 1000

_LEAST_SEEN: Final = 8  # answers: fewer say little about how long answers take
_GROWTH: Final = 2.0  # until the first trouble
_DROP: Final = 0.75  # what is left after the API says that it is overloaded
_SLOWER: Final = 1.5  # how much longer answers may take than at best: half of a queue for each that is worked on
_SURE: Final = 2.0  # standard errors: chance alone makes a mean differ by more once in 40 windows
_DEEPEST: Final = 0.5  # what is left at least after answers that took longer
_BELOW: Final = 0.95  # a cut goes a little below what should do, so that the queue empties and the best is seen again
_HELPED: Final = 0.9  # a cut has helped where answers take less than this share of what they took before it
_IN_VAIN: Final = 2  # cuts that did not help, before they are given up
_SETTLING: Final = 0.3  # how much of a better mean is believed at once: one lucky window is no measure


class End(Enum):
    """How the time of a request in flight ended."""

    SUCCESS = "success"  # carried out: how long that took is a measure
    IGNORED = "ignored"  # says nothing of how busy the API is: refused, cancelled, broken on the way
    DROPPED = "dropped"  # the API is overloaded: it says so, or did not answer in time


class Estimator:
    """The estimate for one API.

    Args:
        most: the estimate never exceeds this.

    Attributes:
        limit: requests that may be in flight now, at least 1.
    """

    def __init__(self, most: int = MOST) -> None:
        self.limit = min(START, most)
        self._most = most
        self._ramping = True
        self._best_s: float | None = None  # how long an answer takes while nothing queues
        self._cut_at = -math.inf  # requests that left before bring no more news of trouble
        self._cut_from_s: float | None = None  # what answers took before the last cut
        self._in_vain = 0
        self._peak = 0  # the most in flight in this window
        self._open(-math.inf)

    def ended(self, in_flight: int, rtt_s: float, end: End, now: float) -> int:
        """Note that a request is no longer in flight; the estimate from now on.

        Args:
            in_flight: how many were, with this one.
            rtt_s: seconds that it took.
            end: how it ended.
            now: monotonic seconds.
        """
        left_at = now - rtt_s
        self._peak = max(self._peak, in_flight)
        match end:
            case End.SUCCESS:
                if left_at >= self._since:
                    self._seen(rtt_s)
                    if self._count >= max(_LEAST_SEEN, self._peak):
                        self._decide(now)
            case End.DROPPED:
                if left_at >= self._cut_at:
                    self._cut(_DROP, now)
                    self._cut_from_s = None
            case End.IGNORED:
                pass
            case _:
                assert_never(end)
        return self.limit

    def _open(self, now: float) -> None:
        self._since = now
        self._count = 0
        self._mean_s = self._squares = 0.0
        self._peak = 0

    def _seen(self, rtt_s: float) -> None:
        """Add to mean and variance (Welford)."""
        self._count += 1
        off = rtt_s - self._mean_s
        self._mean_s += off / self._count
        self._squares += off * (rtt_s - self._mean_s)

    def _decide(self, now: float) -> None:
        """A window is over."""
        mean_s, best_s = self._mean_s, self._best_s
        error_s = math.sqrt(self._squares) / self._count
        if best_s is None or self._given_up(mean_s):
            self._best_s = best_s = mean_s
        if mean_s - _SURE * error_s > _SLOWER * best_s:
            self._cut(max(_BELOW * best_s / mean_s, _DEEPEST), now)
            self._cut_from_s = mean_s
            return
        self._cut_from_s, self._in_vain = None, 0
        if mean_s < best_s:
            self._best_s = best_s + _SETTLING * (mean_s - best_s)
        if self._peak >= self.limit:
            grown = self.limit * _GROWTH if self._ramping else self.limit + 1
            self.limit = min(int(grown), self._most)
        self._open(now)

    def _given_up(self, mean_s: float) -> bool:
        """Whether cuts have been in vain, so that it is not the requests in flight that answers wait for."""
        if self._cut_from_s is None:
            return False
        self._in_vain = 0 if mean_s < _HELPED * self._cut_from_s else self._in_vain + 1
        return self._in_vain >= _IN_VAIN

    def _cut(self, share: float, now: float) -> None:
        self.limit = max(int(self.limit * share), 1)
        self._ramping = False
        self._cut_at = now
        self._open(now)
