"""However many workers draw on accounts at a server, and however their clocks differ: nobody overdraws a budget."""

import asyncio
from bisect import bisect_left
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.clock import SystemClock
from worker.job import Lane
from worker.limits.budget import Budget, from_settings
from worker.ports import Ask, Correction, Grant, Refund
from worker.queues.swapping import Change, SwappingQuota
from worker.settings import LimitSettings
from worker.testing import ManualClock

_ERROR_S: Final = 0.05  # of a worker's clock, either way; more than a round trip makes of it
_TURNS: Final = 20  # of the event loop, in
_STEP_S: Final = 0.002
_REAL: Final = SystemClock()
_LANE: Final = Lane("shop", "o")
_WINDOW: Final = st.sampled_from(["smooth", "sliding", "fixed"])
_ERROR: Final = st.floats(-_ERROR_S, _ERROR_S)


class Server:
    """Accounts behind a network that takes as long as the dice say."""

    def __init__(self, dice: Any) -> None:
        self.texts: dict[str, str] = {}
        self._dice = dice

    async def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """How they stand."""
        await self._travel()
        texts = {name: self.texts[name] for name in names if name in self.texts}
        await self._travel()
        return texts

    async def swap(self, changes: Sequence[Change], now: float) -> Mapping[str, str] | None:  # noqa: ARG002 - a port
        """Change all or none."""
        await self._travel()
        current = {change.name: self.texts.get(change.name, "") for change in changes}
        if same := all(current[change.name] == change.seen for change in changes):
            self.texts |= {change.name: change.new for change in changes if change.new}
        await self._travel()
        return None if same else current

    async def _travel(self) -> None:
        for _ in range(self._dice.randrange(3)):
            await _REAL.sleep(0)


class Watch(ManualClock):
    """The common time, as one worker's clock shows it."""

    def __init__(self, time: ManualClock, error_s: float) -> None:
        super().__init__()
        self._time = time
        self.error_s = error_s

    def now(self) -> float:
        """Too early or too late."""
        return self._time.now() + self.error_s

    def monotonic(self) -> float:
        """See ``Clock.monotonic``."""
        return self._time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See ``Clock.sleep``."""
        await self._time.sleep(seconds)


def _worst(budget: Budget, arrived: list[tuple[float, float]]) -> float:
    """The most units in any window, of what lies within it by every clock."""
    arrived = sorted(arrived)
    times, sums = [at for at, _ in arrived], [0.0, *accumulate(units for _, units in arrived)]
    edges = {at // budget.per_s * budget.per_s + _ERROR_S for at in times}
    starts = sorted(edges) if budget.window == "fixed" else times
    spans = [(bisect_left(times, at), bisect_left(times, at + budget.per_s - 2 * _ERROR_S)) for at in starts]
    return max((sums[end] - sums[start] for start, end in spans), default=0.0)


def _arrival(dice: Any, watch: Watch, grant: Grant, slot: float, budget: Budget) -> float:
    """When what leaves at a slot by a worker's clock, or as late as it may, arrives."""
    share: float = dice.choice([0.0, 1.0, dice.random()])
    return slot - watch.error_s + share * (grant.late_s + budget.slack_s - budget.late_s)


async def _done(time: ManualClock, works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Let all of them come to their ends; time passes for those who stand back."""
    running = asyncio.gather(*works)
    while not running.done():
        for _ in range(_TURNS):
            await _REAL.sleep(0)
        time.advance(_STEP_S)
    await running


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 80),
    st.sampled_from([0.25, 1.0, 3.0]),
    _WINDOW,
    st.none() | st.integers(1, 20),
    st.lists(_ERROR, min_size=1, max_size=5),
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.001, 0.02, 0.1, 0.9]), st.integers(1, 60), st.integers(0, 9)),
        min_size=10,
        max_size=40,
    ),
    st.randoms(use_true_random=True),
)
async def test_no_window_holds_more_requests_than_its_rate_by_whatever_clocks(
    rate: int,
    per_s: float,
    window: Any,
    burst: int | None,
    errors: list[float],
    asked: list[tuple[float, int, int]],
    dice: Any,
) -> None:
    """A window in which two clocks that differ agree is shorter by as much as they differ, and holds no more."""
    budget = from_settings(LimitSettings(rate=rate, per_s=per_s, window=window, burst=burst))
    time, server = ManualClock(), Server(dice)
    watches = [Watch(time, error_s) for error_s in errors]
    workers = [(watch, SwappingQuota(server, {"shop": [budget]}, watch)) for watch in watches]
    arrived: list[tuple[float, float]] = []

    async def work(watch: Watch, quota: SwappingQuota, most: int, left: int) -> None:
        (grant,) = await quota.grant([Ask(_LANE, most)])
        unused = min(left, len(grant.slots))
        used = grant.slots[: len(grant.slots) - unused]
        arrived.extend((_arrival(dice, watch, grant, slot, budget), 1.0) for slot in used)
        if unused:
            await quota.refund([Refund(grant.receipt, unused)])

    for pause_s, most, left in asked:
        several = dice.sample(workers, dice.randint(1, len(workers)))
        await _done(time, [work(watch, quota, most, left) for watch, quota in several])
        time.advance(pause_s)
    assert _worst(budget, arrived) <= budget.rate


@settings(max_examples=300, deadline=None)
@given(
    st.integers(10, 500),
    _WINDOW,
    st.lists(_ERROR, min_size=1, max_size=4),
    st.lists(st.tuples(st.floats(0, 0.7), st.floats(0.001, 1), st.floats(0, 1)), min_size=5, max_size=40),
    st.randoms(use_true_random=True),
)
async def test_no_window_holds_more_cost_than_its_budget_by_whatever_clocks(
    rate: int, window: Any, errors: list[float], asked: list[tuple[float, float, float]], dice: Any
) -> None:
    """Lumps of all sizes, paid for by several at once, some of which turn out smaller."""
    budget = from_settings(LimitSettings(rate=rate, per_s=1.0, cost="tokens", window=window))
    time, server = ManualClock(), Server(dice)
    watches = [Watch(time, error_s) for error_s in errors]
    workers = [(watch, SwappingQuota(server, {"shop": [budget]}, watch)) for watch in watches]
    arrived: list[tuple[float, float]] = []

    async def work(watch: Watch, quota: SwappingQuota, units: float, less: float) -> None:
        (grant,) = await quota.grant([Ask(_LANE, 1, {"tokens": units})])
        for slot in grant.slots:
            arrived.append((_arrival(dice, watch, grant, slot, budget), units * (1 - less)))
            await quota.correct([Correction(_LANE, "tokens", -units * less, slot)])

    for pause_s, share, less in asked:
        several = dice.sample(workers, dice.randint(1, len(workers)))
        await _done(time, [work(watch, quota, share * rate, less) for watch, quota in several])
        time.advance(pause_s)
    assert _worst(budget, arrived) <= rate * (1 + 1e-6)
