"""Makes one Problem out of the faults of a job: the worst cause names it, its title counts all."""

from collections.abc import Sequence
from typing import Final

from worker.contract.explain import MAX_FAULTS
from worker.outcome import Cause, Fault, Problem, Stage

#: The worst first, each for one fault and for several.
_TITLES: Final = {
    Cause.MALFORMED: ("the job is not well formed", "the job is not well formed in {n} places"),
    Cause.MISSING: ("1 required value is missing", "{n} required values are missing"),
    Cause.INVALID: ("1 value is not allowed", "{n} values are not allowed"),
    Cause.UNAUTHORISED: ("no credential that the operation asks for", "no credential that the operation asks for"),
}
_MAX_IN_DETAIL: Final = 3
_CUT: Final = Fault(
    "#", "job", "faults", f"there are more than these {MAX_FAULTS:,} faults", "mend these, then look at the others"
)


def refusal(faults: Sequence[Fault], stage: Stage) -> Problem:
    """A problem whose cause is the worst of its faults' causes; ``faults`` is not empty.

    Of more than ``MAX_FAULTS`` the others are left out, and one last fault says so.
    """
    kept = faults[:MAX_FAULTS]
    causes = [fault.cause for fault in kept]
    counts = {cause: causes.count(cause) for cause in _TITLES if cause in causes}
    told = [_TITLES[cause][n > 1].format(n=f"{n:,}") for cause, n in counts.items()]
    title = told[0] if len(told) == 1 else f"{len(kept):,} faults: {', '.join(told)}"
    cut = len(faults) > MAX_FAULTS
    return Problem(
        next(iter(counts)),
        stage,
        f"{title}, and there are more" if cut else title,
        _detail(kept, cut=cut),
        faults=(*kept, _CUT) if cut else tuple(kept),
        retryable=Cause.UNAUTHORISED in counts,  # once the config has it
    )


def _detail(faults: Sequence[Fault], *, cut: bool) -> str:
    lines = [f"{fault.pointer}: {fault.detail}" for fault in faults[:_MAX_IN_DETAIL]]
    if len(faults) > _MAX_IN_DETAIL:
        lines.append(f"and {len(faults) - _MAX_IN_DETAIL:,} more")
    return "; ".join([*lines, _CUT.detail] if cut else lines)
