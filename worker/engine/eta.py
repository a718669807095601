"""How long a run will still take, by how fast it went of late."""

from typing import Final

#: Seconds over which the rate is smoothed: a hiccup does not show, a change of concurrency does within the minute.
_SMOOTH_S: Final = 30.0
_PAUSES: Final = 2  # times the longest pause so far: where a limit lets jobs go in bursts, the rate is taken over some


class Eta:
    """An exponentially smoothed rate: what was done counts less the longer ago it was.

    Under limits such as 5,000 an hour nothing at all happens for most of the time. So the rate is smoothed over more
    than the longest time in which nothing was done, the present one included.
    """

    def __init__(self, now: float, done: int = 0) -> None:
        self._at = now
        self._done = done
        self._progress_at = now
        self._smooth_s = _SMOOTH_S
        self._weight_s = 0.0
        self._weighted = 0.0

    def update(self, now: float, done: int) -> None:
        """Note how many were done by ``now`` (seconds, from any start); called often."""
        step_s = now - self._at
        if step_s <= 0:
            return
        self._smooth_s = max(self._smooth_s, _PAUSES * (now - self._progress_at))
        kept = 1 / (1 + step_s / self._smooth_s)
        self._weight_s = self._weight_s * kept + step_s
        self._weighted = self._weighted * kept + done - self._done
        if done > self._done:
            self._progress_at = now
        self._at, self._done = now, done

    @property
    def per_s(self) -> float:
        """Jobs per second of late; 0 where nothing is known yet."""
        return self._weighted / self._weight_s if self._weight_s else 0.0

    def left_s(self, jobs: int) -> float | None:
        """Seconds until so many more are done; None where nothing was done yet."""
        return jobs / self.per_s if self._weighted > 0 else None
