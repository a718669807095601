from typing import Literal

import pytest

from worker.job import Lane, Scope
from worker.limits.budget import from_settings
from worker.settings import LimitSettings

_LANE = Lane("shop", "order", "k")


@pytest.mark.parametrize("rate", [1, 10, 100, 1000, 10_000])
def test_a_budget_gives_nearly_all_of_the_rate(rate: float) -> None:
    """At least 98% of it, though the first may arrive late and the last on time."""
    budget = from_settings(LimitSettings(rate=rate, per_s=1.0))
    assert rate * 0.98 <= 1 / budget.interval_s <= rate
    assert (rate + 1 - budget.burst) * budget.interval_s >= 1.0 + budget.slack_s


@pytest.mark.parametrize(("rate", "interval_s"), [(0.5, 2.0), (0.1, 10.0)])
def test_a_rate_below_one_is_one_in_several_periods(rate: float, interval_s: float) -> None:
    """A request cannot be divided."""
    budget = from_settings(LimitSettings(rate=rate, per_s=1.0))
    assert (budget.rate, budget.burst) == (1.0, 1.0)
    assert interval_s < budget.interval_s < interval_s * 1.02


@pytest.mark.parametrize(("per_s", "slack_s"), [(0.1, 0.0175), (1.0, 0.0175), (10.0, 0.175), (3600.0, 0.25)])
def test_a_long_period_costs_no_long_slack(per_s: float, slack_s: float) -> None:
    """A request is late by as little in an hour as in a second."""
    assert from_settings(LimitSettings(rate=100, per_s=per_s)).slack_s == pytest.approx(slack_s)


def test_a_very_short_fixed_window_is_counted_as_a_sliding_one() -> None:
    """It would be all edge."""
    kinds = [from_settings(LimitSettings(rate=100, per_s=per_s, window="fixed")).window for per_s in (0.1, 1.0)]
    assert kinds == ["sliding", "fixed"]


@pytest.mark.parametrize(
    ("by", "scope"),
    [("api", Scope("shop")), ("operation", Scope("shop", "order")), ("key", Scope("shop", None, "k"))],
)
def test_a_budget_is_kept_for_whom_it_says(by: Literal["api", "operation", "key"], scope: Scope) -> None:
    """One account per API, per operation, or per key."""
    assert from_settings(LimitSettings(rate=1, per_s=1, by=by)).scope(_LANE) == scope
