import math
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.job import Lane
from worker.limits.budget import Budget, from_settings
from worker.settings import LimitSettings

_LANE = Lane("shop", "order", "k")


def _worst_window(times: list[tuple[float, float]], per_s: float) -> float:
    """The most units in any half-open window of ``per_s``."""
    worst = here = 0.0
    first = 0
    for at, units in times:
        here += units
        while times[first][0] <= at - per_s + 1e-9:
            here -= times[first][1]
            first += 1
        worst = max(worst, here)
    return worst


def _admit(budget: Budget, asked: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """When units that are asked for after such pauses may go, by the bucket that the budget describes."""
    full_at, now = -math.inf, 0.0
    sent = []
    for pause, units in asked:
        now = max(now + pause, full_at - (budget.burst - units) * budget.interval_s)
        full_at = max(full_at, now) + units * budget.interval_s
        sent.append((now, units))
    return sent


_PAUSES = st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.1, 0.5, 1.0, 3.0])


@settings(max_examples=200)
@given(
    st.integers(1, 300) | st.floats(1, 300),
    st.sampled_from([0.5, 1.0, 60.0]),
    st.none() | st.floats(0, 1),
    st.lists(_PAUSES, min_size=1, max_size=150),
)
def test_no_window_holds_more_requests_than_the_rate(
    rate: float, per_s: float, share: float | None, pauses: list[float]
) -> None:
    """Whatever the burst, and however requests come: every window of the period, not only those on the minute."""
    burst = None if share is None else max(1.0, rate * share)
    budget = from_settings(LimitSettings(rate=rate, per_s=per_s, burst=burst))
    sent = _admit(budget, [(pause * per_s, 1.0) for pause in [0.0] * 50 + pauses])
    assert _worst_window(sent, per_s) <= rate


@settings(max_examples=200)
@given(
    st.floats(1, 1000),
    st.none() | st.floats(0.01, 1),
    st.lists(st.tuples(_PAUSES, st.floats(0.001, 1)), min_size=1, max_size=100),
)
def test_no_window_holds_more_cost_than_the_rate(
    rate: float, share: float | None, asked: list[tuple[float, float]]
) -> None:
    """Costs come in lumps of any size up to the whole rate, and are no whole numbers."""
    burst = None if share is None else max(1.0, rate * share)
    budget = from_settings(LimitSettings(rate=rate, per_s=1.0, cost="tokens", burst=burst))
    sent = _admit(budget, [(pause, part * rate) for pause, part in asked])
    assert _worst_window(sent, 1.0) <= rate * (1 + 1e-6)


@pytest.mark.parametrize("rate", [0.1, 0.5, 1, 1.5, 10, 1000])
def test_a_budget_is_used_as_far_as_that_allows(rate: float) -> None:
    """A rate below one in a period is one in several periods."""
    budget = from_settings(LimitSettings(rate=rate, per_s=1.0))
    per_second = 1 / budget.interval_s
    assert budget.burst >= 1
    assert rate * 0.6 <= per_second <= rate


@pytest.mark.parametrize(
    ("by", "scope"), [("api", ("shop",)), ("operation", ("shop", "order")), ("key", ("shop", "k"))]
)
def test_a_budget_is_kept_for_whom_it_says(
    by: Literal["api", "operation", "key"], scope: tuple[str | None, ...]
) -> None:
    """One account per API, per operation, or per key."""
    assert from_settings(LimitSettings(rate=1, per_s=1, by=by)).scope(_LANE) == scope
