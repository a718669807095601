import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.job import Lane
from worker.limits.budget import Budget, from_settings
from worker.limits.quota import SLICE_S, MemoryQuota
from worker.settings import LimitSettings
from worker.testing import ManualClock

_LANE = Lane("shop", "order", "k")


def _budget(rate: float, per_s: float = 1.0, cost: str | None = None, burst: float | None = None) -> Budget:
    return from_settings(LimitSettings(rate=rate, per_s=per_s, cost=cost, burst=burst))


def _quota(*budgets: Budget) -> tuple[MemoryQuota, ManualClock]:
    clock = ManualClock()
    return MemoryQuota({"shop": budgets}, clock), clock


async def test_an_api_without_budgets_is_not_limited() -> None:
    """Nor is one that is not known."""
    quota, _ = _quota()
    assert await quota.grant(_LANE, 10_000) == (10_000, 0.0)
    assert await quota.charge(Lane("other", "o"), {"tokens": 5.0}) == 0.0


@settings(max_examples=60)
@given(
    st.integers(1, 500),
    st.lists(st.tuples(st.sampled_from([0.0, 0.01, 0.1, 1.0]), st.integers(1, 200)), min_size=1, max_size=60),
)
async def test_the_long_run_never_exceeds_the_budget(rate: int, asked: list[tuple[float, int]]) -> None:
    """Beyond what may be taken ahead: a slice, or a burst."""
    budget = _budget(rate)
    quota, clock = _quota(budget)
    granted = 0
    for pause, most in asked:
        clock.advance(pause)
        granted += (await quota.grant(_LANE, most)).jobs
    ahead_s = max(budget.burst * budget.interval_s, SLICE_S)
    assert granted <= (clock.monotonic() + ahead_s) * rate + 1


async def test_the_wait_that_is_told_is_long_enough() -> None:
    """Whoever comes back then gets at least one."""
    quota, clock = _quota(_budget(7), _budget(3, 2.0))
    for _ in range(50):
        grant = await quota.grant(_LANE, 1)
        if not grant.jobs:
            assert grant.wait_s > 0
            clock.advance(grant.wait_s + 1e-9)
            assert (await quota.grant(_LANE, 1)).jobs == 1
    assert clock.monotonic() <= 50 / 1.4


async def test_several_budgets_pay_together_or_not_at_all() -> None:
    """What the tight one refuses is not charged to the wide one."""
    wide, tight = _budget(1000), _budget(10)
    quota, clock = _quota(wide, tight)
    first = (await quota.grant(_LANE, 100)).jobs
    assert first == 1
    for _ in range(500):
        assert (await quota.grant(_LANE, 100)).jobs == 0
    assert quota._full_at[0, ("shop",)] == pytest.approx(clock.monotonic() + wide.interval_s)


async def test_a_refund_restores_what_was_not_used() -> None:
    """To the last one, and never more than that."""
    quota, clock = _quota(_budget(1000))
    first = (await quota.grant(_LANE, 10_000)).jobs
    assert (await quota.grant(_LANE, 1)).jobs == 0
    await quota.refund(_LANE, first)
    assert (await quota.grant(_LANE, 10_000)).jobs == first
    await quota.refund(_LANE, 10**6)
    clock.advance(1)
    assert (await quota.grant(_LANE, 10_000)).jobs == first


async def test_keys_have_accounts_of_their_own() -> None:
    """And one that is spent hinders no other."""
    budget = from_settings(LimitSettings(rate=1, per_s=1, by="key"))
    quota, _ = _quota(budget)
    assert [(await quota.grant(Lane("shop", "o", key), 5)).jobs for key in "aab"] == [1, 0, 1]


async def test_costs_are_charged_in_lumps() -> None:
    """A lump beyond the burst goes when it has been saved up for, and is paid off before the next."""
    budget = _budget(100, cost="tokens")
    quota, clock = _quota(budget)
    assert await quota.charge(_LANE, {"tokens": 90}) == 0.0
    wait_s = await quota.charge(_LANE, {"tokens": 90})
    assert wait_s == pytest.approx((90 + 90 - budget.burst) * budget.interval_s)
    assert await quota.charge(_LANE, {"tokens": 90}) == wait_s
    clock.advance(wait_s)
    assert await quota.charge(_LANE, {"tokens": 90}) == 0.0


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 1.5), st.floats(0.01, 100)), min_size=1, max_size=50))
async def test_no_window_holds_more_cost_than_its_budget(asked: list[tuple[float, float]]) -> None:
    """However lumps of all sizes come, and however often they are asked for again."""
    quota, clock = _quota(_budget(100, cost="tokens"))
    sent: list[tuple[float, float]] = []
    for pause, units in asked:
        clock.advance(pause)
        while (wait_s := await quota.charge(_LANE, {"tokens": units})) > 0:
            clock.advance(wait_s + 1e-9)
        sent.append((clock.monotonic(), units))
    for start, _ in sent:
        assert sum(units for at, units in sent if start <= at < start + 1 - 1e-6) <= 100 * (1 + 1e-6)


async def test_a_cost_beyond_the_whole_budget_never_goes() -> None:
    """And nothing is charged for it, in no budget."""
    quota, _ = _quota(_budget(100, cost="tokens"), _budget(5, cost="pages"))
    assert await quota.charge(_LANE, {"tokens": 1, "pages": 6}) == math.inf
    assert quota._full_at == {}
    assert await quota.charge(_LANE, {"tokens": 100, "pages": 0}) == 0.0


async def test_a_job_that_names_no_cost_draws_one() -> None:
    """Of what the budget counts."""
    budget = _budget(10, cost="tokens", burst=1)
    quota, _ = _quota(budget)
    assert await quota.charge(_LANE, {}) == 0.0
    assert await quota.charge(_LANE, {}) == pytest.approx(budget.interval_s)


async def test_an_overdrawn_cost_grants_nothing_until_it_is_paid_off() -> None:
    """Jobs would be leased for nothing."""
    quota, clock = _quota(_budget(100, cost="tokens"))
    await quota.charge(_LANE, {"tokens": 100})
    grant = await quota.grant(_LANE, 10)
    assert grant.jobs == 0
    clock.advance(grant.wait_s)
    assert (await quota.grant(_LANE, 10)).jobs == 10


async def test_memory_does_not_grow_with_the_number_of_keys() -> None:
    """An account that is full again is like one that never was."""
    quota, clock = _quota(from_settings(LimitSettings(rate=100, per_s=1, by="key")))
    for number in range(20_000):
        await quota.grant(Lane("shop", "o", str(number)), 1)
        clock.advance(0.001)
    assert len(quota._full_at) <= 4096
