"""``[apis.NAME.retry]``, and what an operation has otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from worker.settings import kinds, lists, web
from worker.settings.about import setting


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """``[apis.NAME.retry]``: what follows a failure that may pass.

    Attributes:
        max_attempts: requests per job, the first included.
        base_s: upper end of the first random delay in seconds; doubles with each attempt.
        cap_s: longest delay in seconds.
        max_age_s: seconds from a job's first request after which it is not tried again; None for no such end.
        statuses: that are tried again; None goes by ``stages.judge``. 401 and 429 are never the job's fault.
        errors: no answer, and why: these are tried again. An API that cannot be reached is never the job's fault.
        schedule_s: seconds before the second, third ... request, instead of back-off; the last one repeats.
        on_unknown: what becomes of a request whose answer was lost: ``auto`` sends again only what is idempotent.
    """

    max_attempts: int = setting(
        kinds.Integer(1, 100, "requests"), "the first and five more outlast a restart of the API", 6
    )
    base_s: float = setting(
        kinds.Duration(0.001, 3600), "soon enough for a hiccup; doubles with each attempt", 0.5, key="base"
    )
    cap_s: float = setting(kinds.Duration(0.001, 86_400), "no job waits longer than this between tries", 300, key="cap")
    on_unknown: Literal["auto", "retry", "park"] = setting(
        kinds.Choice("auto", "retry", "park"), "auto never sends twice what must not be", "auto"
    )
    max_age_s: float | None = setting(
        kinds.Duration(1, 366 * 86_400),
        "unset: max_attempts is the only end; else no try begins this long after the first",
        None,
        key="max_age",
    )
    statuses: tuple[int, ...] | None = setting(
        web.Statuses(400), "unset: 408 425 500 502 503 504, and 409 where idempotent; 401 and 429 cost no try", None
    )
    errors: tuple[Literal["timeout", "lost"], ...] = setting(
        lists.ERRORS, "both may pass; a job whose API cannot be reached costs no try", ("timeout", "lost")
    )
    schedule_s: tuple[float, ...] | None = setting(
        lists.Durations(0.001, 31 * 86_400),
        "unset: base, doubled up to cap; else exactly these delays, of which the last repeats",
        None,
        key="schedule",
    )


def merged(api: RetrySettings, operation: Mapping[str, Any]) -> RetrySettings:
    """An API's policy as an operation has it: ``operation`` are the fields that it says otherwise.

    The last word is the operation's: with a schedule of its own, or with ``base_s`` or ``cap_s`` in the place of one.
    """
    if not operation.keys().isdisjoint({"base_s", "cap_s"}):
        api = replace(api, schedule_s=None)
    return replace(api, **operation)
