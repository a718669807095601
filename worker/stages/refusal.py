"""Makes one Problem out of the faults of a job: the worst cause first, counted in its title."""

from collections.abc import Sequence
from typing import Final

from worker.outcome import Cause, Fault, Problem, Stage

_WORST_FIRST: Final = (Cause.MALFORMED, Cause.MISSING, Cause.INVALID)
_TITLES: Final = {
    Cause.MALFORMED: ("the job is not well formed", "the job is not well formed in {n} places"),
    Cause.MISSING: ("1 required value is missing", "{n} required values are missing"),
    Cause.INVALID: ("1 value is not allowed", "{n} values are not allowed"),
}
_MAX_IN_DETAIL: Final = 3


def refusal(faults: Sequence[Fault], stage: Stage) -> Problem:
    """A problem whose cause is the worst of its faults' causes; ``faults`` is not empty."""
    causes = [fault.cause for fault in faults]
    cause = next(one for one in _WORST_FIRST if one in causes)
    count = causes.count(cause)
    one, many = _TITLES[cause]
    told = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults[:_MAX_IN_DETAIL])
    more = f"; and {len(faults) - _MAX_IN_DETAIL} more" if len(faults) > _MAX_IN_DETAIL else ""
    return Problem(cause, stage, one if count == 1 else many.format(n=count), told + more, faults=tuple(faults))
