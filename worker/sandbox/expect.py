"""What is to be expected of a worker that finds out by itself how much the API can take: bands, for a part of the time.

The sandbox does not look at them; tests hold the worker to them (``tests/scenarios/test_adaptive.py``).
"""

from dataclasses import dataclass
from typing import NamedTuple


class Band(NamedTuple):
    """From the least to the most, both allowed."""

    least: float
    most: float

    def holds(self, value: float) -> bool:
        """Whether a value is in it."""
        return self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Expect:
    """What is expected in a part of the time, while there is always one more job to do.

    Attributes:
        from_s: seconds since the start.
        until_s: seconds since the start.
        in_flight: the mean number of requests in flight.
        rate: requests carried out, per second.
        wasted: requests that were not carried out, in all of that time.
    """

    from_s: float
    until_s: float
    in_flight: Band | None = None
    rate: Band | None = None
    wasted: Band | None = None
