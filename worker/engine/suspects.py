"""Jobs that may have killed the workers that had them: one at a time, and not for ever."""

from collections.abc import Iterable
from typing import Final

from worker.engine.desk import Hands
from worker.job import Lease
from worker.outcome import Cause, Outcome, Parked, Problem, Released

#: So many leases of a job ran out: it was in the hands of as many workers that died or stalled.
_SUSPECT_AT: Final = 2
_ASIDE_S: Final = 0.25  # for how long at most one suspect steps aside for another
_TURN_S: Final = 0.05  # several come back one after the other, about as fast as they can be promoted


class Suspects:
    """Lets one suspect at a time into this worker's hands.

    Should it be the one that kills workers, it takes no other suspect along: a job that merely was there twice is never
    there again when a worker dies of another.
    """

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._in_hand: Lease | None = None

    def beside(self, leases: Iterable[Lease]) -> list[Lease]:
        """Those leases, all of them in hand, that have to go back at once: all suspects but one."""
        aside = []
        for lease in leases:
            if lease.expiries < _SUSPECT_AT:
                continue
            if self._in_hand is None or not self._hands.holds(self._in_hand):
                self._in_hand = lease
            else:
                aside.append(lease)
        return aside


def stepped_aside(several: int, chance: float) -> Outcome:
    """What becomes of one of several suspects while another is in hand; ``chance`` in [0, 1): when it is back."""
    aside_s = max(_ASIDE_S, several * _TURN_S) * (1.0 - chance)
    return Released("it may have killed workers, and another such job is in hand", aside_s)


def poisoned(expiries: int) -> Outcome:
    """A job with which workers died too often to give it to another."""
    detail = (
        f"{expiries} workers died or stalled while they had this job, and its request may have been sent; the worker's "
        "own log, or the system's, says what ended them (memory, a check of your own, a kill). Look the job up at the "
        "API, then `preflight failures resolve` it, or mend what ends workers and `preflight failures replay` it"
    )
    return Parked(Problem(Cause.UNKNOWN, "dispatch", "workers die while they have this job", detail, retryable=True))
