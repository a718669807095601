"""However requests come, are late and are handed back: no window at the server holds more than a budget allows."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.job import Lane
from worker.limits.budget import Budget, from_settings
from worker.limits.quota import MemoryQuota
from worker.ports import Ask, Correction, Grant, Refund
from worker.settings import LimitSettings
from worker.testing import ManualClock

_START = 1767225600.0
_KEYS = ("a", "b")
_WINDOW = st.sampled_from(["smooth", "sliding", "fixed"])


@dataclass
class Server:
    """Counts what arrives: units by time, for each of its budgets' accounts."""

    arrived: dict[Any, list[tuple[float, float]]] = field(default_factory=dict)

    def take(self, account: Any, at: float, units: float = 1.0) -> None:
        """Note what has arrived."""
        self.arrived.setdefault(account, []).append((at, units))

    def worst(self, budget: Budget, account: Any) -> float:
        """The most units in any window of the length and kind that the budget counts in."""
        arrived = sorted(self.arrived.get(account, []))
        times, sums = [at for at, _ in arrived], [0.0, *accumulate(units for _, units in arrived)]
        edges = sorted({at // budget.per_s * budget.per_s for at in times})
        starts = edges if budget.window == "fixed" else times
        ends = (bisect_left(times, start + budget.per_s) for start in starts)
        sent = [sums[end] - sums[bisect_left(times, at)] for at, end in zip(starts, ends, strict=True)]
        return max(sent, default=0.0)


def _late(dice: Any, grant: Grant, budgets: Sequence[Budget]) -> float:
    """How much later than its slot a request arrives: as late as it may leave, and the rest of the slack on its way."""
    way_s = min(budget.slack_s - budget.late_s for budget in budgets)
    share: float = dice.choice([0.0, 1.0, dice.random()])
    return share * (min(grant.late_s, 1.0) + way_s)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 80),
            st.sampled_from([0.25, 1.0, 3.0]),
            st.sampled_from(["api", "operation", "key"]),
            _WINDOW,
            st.none() | st.integers(1, 20),
        ),
        min_size=1,
        max_size=3,
    ),
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.001, 0.02, 0.1, 0.9, 4.0]), st.integers(1, 60), st.integers(0, 9)),
        min_size=20,
        max_size=120,
    ),
    st.floats(0, 5),
    st.randoms(use_true_random=False),
)
async def test_no_window_holds_more_requests_than_any_budget(
    limits: list[tuple[int, float, Any, Any, int | None]], asked: list[tuple[float, int, int]], start: float, dice: Any
) -> None:
    """Several budgets, several processes in turn, some slots handed back, and everything as late as it may be."""
    budgets = [
        from_settings(LimitSettings(rate=rate, per_s=per_s, by=by, window=window, burst=burst))
        for rate, per_s, by, window, burst in limits
    ]
    clock, server = ManualClock(_START + start), Server()
    quota = MemoryQuota({"shop": budgets}, clock)
    kept: list[Grant] = []
    for pause, most, left in asked:
        lane = Lane("shop", dice.choice("op"), dice.choice(_KEYS))
        (grant,) = await quota.grant([Ask(lane, most)])
        unused = min(left, len(grant.slots))
        kept.append(grant._replace(slots=grant.slots[len(grant.slots) - unused :]))
        for slot in grant.slots[: len(grant.slots) - unused]:
            for number, budget in enumerate(budgets):
                server.take((number, budget.scope(lane)), slot + _late(dice, grant, budgets))
        clock.advance(pause)
        if dice.random() < 0.5:
            back = [kept.pop(dice.randrange(len(kept)))]
            await quota.refund([Refund(one.receipt, len(one.slots)) for one in back])
    for number, budget in enumerate(budgets):
        for account in [key for key in server.arrived if key[0] == number]:
            assert server.worst(budget, account) <= budget.rate


@settings(max_examples=150, deadline=None)
@given(
    st.integers(10, 500),
    _WINDOW,
    st.none() | st.floats(1, 500),
    st.lists(
        st.tuples(st.floats(0, 0.7), st.floats(0.001, 1), st.sampled_from([0.0, 0.0, 0.5, 1.0])),
        min_size=5,
        max_size=60,
    ),
    st.floats(0, 5),
    st.randoms(use_true_random=False),
)
async def test_no_window_holds_more_cost_than_its_budget(
    rate: int, window: Any, burst: float | None, asked: list[tuple[float, float, float]], start: float, dice: Any
) -> None:
    """Lumps of all sizes, of which some turn out smaller, long after others have gone."""
    budget = from_settings(LimitSettings(rate=rate, per_s=1.0, cost="tokens", window=window, burst=burst))
    clock, server = ManualClock(_START + start), Server()
    quota, lane = MemoryQuota({"shop": [budget]}, clock), Lane("shop", "o")
    due: list[Correction] = []
    for pause, share, less in asked:
        clock.advance(pause)
        units = share * rate
        while not (grants := await quota.grant([Ask(lane, 1, {"tokens": units})]))[0].slots:
            clock.advance(grants[0].wait_s)
        slot = grants[0].slots[0]
        server.take("tokens", slot + _late(dice, grants[0], [budget]), units * (1 - less))
        due.append(Correction(lane, "tokens", -units * less, slot))
        if dice.random() < 0.5:
            await quota.correct([due.pop(dice.randrange(len(due)))])
    assert server.worst(budget, "tokens") <= rate * (1 + 1e-6)


@pytest.mark.parametrize("window", ["smooth", "sliding", "fixed"])
@pytest.mark.parametrize("rate", [1, 10, 100, 1000, 10_000])
@pytest.mark.parametrize("processes", [1, 4])
async def test_saturation_uses_at_least_98_percent(rate: int, processes: int, window: Any) -> None:
    """From the first slot on, whoever asks, and however they come one after the other."""
    clock = ManualClock(_START)
    quota = MemoryQuota({"shop": [from_settings(LimitSettings(rate=rate, per_s=1.0, window=window))]}, clock)
    seconds = max(3.0, 60 / rate)
    slots: list[float] = []
    while not slots or slots[-1] < slots[0] + seconds:
        for _ in range(processes):
            (grant,) = await quota.grant([Ask(Lane("shop", "o"), 100_000)])
            slots += grant.slots
            clock.advance(grant.wait_s / processes)
    used = bisect_left(slots, slots[0] + seconds)
    assert used >= 0.98 * rate * seconds
