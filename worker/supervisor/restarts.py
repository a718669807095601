"""Whether a process that died is started again, and how soon."""

from collections import deque
from typing import Final

#: Deaths of one process within ``_WITHIN_S`` after which starting it once more will not help.
MOST: Final = 5

_FIRST_S: Final = 0.5
_LONGEST_S: Final = 30.0
_HEALTHY_S: Final = 60.0  # a process that lived for so long has recovered from whatever killed those before it
_WITHIN_S: Final = 60.0


class Restarts:
    """The deaths of one process; times are monotonic seconds."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=MOST)
        self._streak = 0

    def died(self, now: float, lived_s: float, *, counts: bool = True) -> None:
        """Note a death, and how long the process had lived; one that does not count only makes the next wait longer."""
        self._streak = 1 if lived_s >= _HEALTHY_S else self._streak + 1
        if counts:
            self._deaths.append(now)

    @property
    def hopeless(self) -> bool:
        """Whether it died too often in too short a time."""
        return len(self._deaths) == MOST and self._deaths[-1] - self._deaths[0] <= _WITHIN_S

    def delay_s(self, chance: float) -> float:
        """How long to wait with the next; ``chance`` in [0, 1) keeps those apart that died together."""
        longest = min(_FIRST_S * 2.0 ** (self._streak - 1), _LONGEST_S)
        return longest * (0.5 + chance / 2)
