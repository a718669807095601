"""``[[apis.NAME.limits]]``: one budget each."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from dataclasses import dataclass
from typing import Literal

from worker.settings import kinds, web
from worker.settings.about import setting
from worker.settings.predicate import Place, PlaceText


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """``[[apis.NAME.limits]]``: one budget.

    Attributes:
        rate: units that may be spent in ``per_s``: requests, or what ``cost`` counts.
        per_s: seconds.
        by: one budget per API, per operation or per job key.
        cost: the name in ``job.cost`` of what a job draws; None draws 1.
        burst: units that may be spent at once, where ``window`` is smooth; None leaves that to the pacer.
        window: how the API counts: evenly (GCRA), over any ``per_s`` seconds, or from one full ``per_s`` to the next.
        cost_from: where an answer tells what it cost, to settle the difference.
        estimate: units that are reserved for a job that names no ``cost``; None reserves 1.
    """

    rate: float = setting(kinds.Number(above=0, unit="requests, or what cost counts"), "what the API allows")
    per_s: float = setting(kinds.Duration(0.001, 31 * 86_400), "the period that rate counts in", key="per")
    by: Literal["api", "operation", "key"] = setting(
        kinds.Choice("api", "operation", "key"), "most APIs count per account, which is one per API", "api"
    )
    cost: str | None = setting(web.NAME, "unset: each request draws 1", None)
    burst: float | None = setting(
        kinds.Number(low=1, unit="as rate; at most rate"),
        "unset: as smooth as the pacer can; only where window is smooth",
        None,
    )
    window: Literal["smooth", "sliding", "fixed"] = setting(
        kinds.Choice("smooth", "sliding", "fixed"),
        "smooth spreads requests out and fits in every window; the others are for APIs that count so",
        "smooth",
    )
    cost_from: Place | None = setting(
        PlaceText(),
        "unset: jobs know their cost; else where the answer tells it, such as body:/usage/total_tokens",
        None,
    )
    estimate: float | None = setting(
        kinds.Number(above=0, unit="units of cost"), "unset: 1; reserved for a job that does not name its cost", None
    )

    @property
    def reserved(self) -> float:
        """The units of a job that names no cost."""
        return 1.0 if self.estimate is None else self.estimate
