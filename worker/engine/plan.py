"""How long a run would take, found out by letting the budgets' own arithmetic run with no clock but its own.

Up to ``EXACT`` jobs of an API are simulated one by one. More of them go in bundles: one stands for many, and all
budgets count so many times less. What comes out is then within a hundredth or two, and takes no longer.
"""

import heapq
import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from worker.engine.workload import Load
from worker.job import Scope
from worker.limits.account import State
from worker.limits.budget import Budget
from worker.limits.tariff import Due, Tariff
from worker.ports import Ask

#: Jobs that are simulated one by one, and bundles otherwise: some tenths of a second.
EXACT: Final = 20_000
_WHOLE: Final = 100  # bundles in a window that may count as a window; fewer would be rounded too much


@dataclass(frozen=True, slots=True)
class Alone:
    """What one budget would need if it were the only one.

    Attributes:
        account: whose account takes longest; None where nobody draws on the budget.
        jobs: that draw on this account.
        seconds: from the first to the last of their slots.
    """

    budget: Budget
    account: Scope | None = None
    jobs: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """What the jobs of one API would need.

    Attributes:
        seconds: from the first slot to the last.
        exact: no bundles had to be made.
        budgets: in the order in which they were given.
    """

    jobs: int
    seconds: float
    exact: bool
    budgets: tuple[Alone, ...]

    @property
    def binding(self) -> Alone | None:
        """The budget that takes longest; None where none is in the way."""
        slowest = max(self.budgets, key=lambda one: one.seconds, default=None)
        return slowest if slowest and slowest.seconds > 0 else None


def plan(loads: Sequence[Load], budgets: Sequence[Budget], start: float) -> ApiPlan:
    """What would become of an API's jobs under its budgets, if they were sent from ``start`` (epoch seconds) on."""
    jobs = sum(load.jobs for load in loads)
    alone = tuple(_alone(loads, budget, start) for budget in budgets)
    slowest = max((one.seconds for one in alone), default=0.0)
    together = slowest if len(budgets) == 1 else _seconds(loads, budgets, start)
    return ApiPlan(jobs, max(together, slowest), jobs <= EXACT, alone)


def too_costly(cost: Mapping[str, float], budgets: Sequence[Budget]) -> bool:
    """Whether a job costs more than a budget allows in its whole period: a run refuses it."""
    return any(cost.get(budget.cost, 0.0) > budget.rate for budget in budgets if budget.cost)


def at_once(most: int, latency_s: float, by: str = "api") -> Budget:
    """Requests in flight as a budget: so many at once, and each makes room for the next after ``latency_s``."""
    return Budget(most, latency_s, by, None, "smooth", most, latency_s / most, 0.0)


def _alone(loads: Sequence[Load], budget: Budget, start: float) -> Alone:
    """The account of a budget that most is drawn on, and how long that takes."""
    tariff = Tariff({load.lane.api: [budget] for load in loads})
    units: Counter[Scope] = Counter()
    for load in loads:
        for due in _dues(load, tariff):
            units[budget.scope(load.lane)] += math.ceil(due.units * load.jobs)
    if not units:
        return Alone(budget)
    busiest = max(units, key=units.__getitem__)
    drawing = [load for load in loads if budget.scope(load.lane) == busiest and _dues(load, tariff)]
    jobs = sum(load.jobs for load in drawing)
    return Alone(budget, busiest, jobs, _seconds(drawing, [budget], start))


def _seconds(loads: Sequence[Load], budgets: Sequence[Budget], start: float) -> float:
    """Seconds from the first slot to the last."""
    size = math.ceil(sum(load.jobs for load in loads) / EXACT)
    if not size:
        return 0.0
    coarse = [_coarse(budget, size, loads) for budget in budgets]
    tariff = Tariff({load.lane.api: coarse for load in loads})
    lanes = [_Lane(dues, load.jobs / size) for load in loads if (dues := _dues(load, tariff))]
    return _last_departure(lanes, start) - start


def _dues(load: Load, tariff: Tariff) -> list[Due]:
    """What each job of a load has to pay, for the request and by its costs."""
    dues = [due for due in tariff.due(Ask(load.lane, 1, load.cost)) if due.budget is not None]
    return [due for due in dues if load.keyed or due.by not in {"key", "lane"}]


def _coarse(budget: Budget, size: int, loads: Sequence[Load]) -> Budget:
    """A budget that counts bundles of ``size`` jobs.

    A window in which too few bundles fit is taken for one of several windows' length, spread evenly after the first
    window's worth.
    """
    if size == 1:
        return budget
    interval_s = budget.interval_s * size
    if budget.window == "smooth" and budget.cost is None:
        return replace(budget, burst=max(budget.burst / size, 1.0), interval_s=interval_s)
    units = _units(budget, loads)
    rate = max(budget.rate // units, 1) * units / size  # what does not fit into a window as a whole waits for the next
    windows = math.ceil(_WHOLE * units / rate)
    if windows == 1:
        whole = math.ceil(rate / units) * units  # so many jobs as fill a number of windows are to fill no more
        return replace(budget, rate=whole, burst=budget.burst / size, interval_s=interval_s)
    return replace(
        budget,
        window="sliding",
        rate=rate * windows,
        per_s=budget.per_s * windows,
        slack_s=budget.slack_s * windows,
        burst=max(rate, units),
        interval_s=budget.span_s / rate,
    )


def _units(budget: Budget, loads: Sequence[Load]) -> float:
    """What one job draws on a budget, on average."""
    if budget.cost is None:
        return 1.0
    units = sum(load.units.get(budget.cost, budget.estimate * load.jobs) for load in loads)
    return units / sum(load.jobs for load in loads)


@dataclass(slots=True)
class _Lane:
    """Bundles of one lane that are still to go; the last may be a part of one."""

    dues: list[Due]
    left: float

    @property
    def share(self) -> float:
        """How much of a bundle is the next to go."""
        return min(self.left, 1.0)

    def openings(self, states: Mapping[str, State], now: float) -> dict[str, float]:
        """When each account can pay for the next bundle."""
        share = self.share
        return {due.name: due.account.first(states.get(due.name, ()), now, due.units * share) for due in self.dues}

    def pay(self, states: dict[str, State], now: float) -> None:
        """Send the next bundle."""
        share = self.share
        for due in self.dues:
            states[due.name] = due.account.take(states.get(due.name, ()), now, due.units * share)
        self.left -= share


class _Street:
    """Lanes that wait, each in line at the account that opens last for it."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self._lines: dict[str, deque[_Lane]] = {}
        self._opens: list[tuple[float, str]] = []  # one entry for each line with somebody in it

    def queue(self, lane: _Lane, now: float) -> None:
        """Let a lane wait for its turn."""
        openings = lane.openings(self.states, now)
        name = max(openings, key=openings.__getitem__)
        line = self._lines.setdefault(name, deque())
        line.append(lane)
        if len(line) == 1:
            heapq.heappush(self._opens, (openings[name], name))

    def next(self) -> tuple[float, str, _Lane] | None:
        """Whose account opens first, when, and which."""
        if not self._opens:
            return None
        now, name = heapq.heappop(self._opens)
        return now, name, self._lines[name].popleft()

    def close(self, name: str, now: float) -> None:
        """The first in line has had its turn; when has the one behind it?"""
        if self._lines[name]:
            heapq.heappush(self._opens, (self._lines[name][0].openings(self.states, now)[name], name))


def _last_departure(lanes: Iterable[_Lane], start: float) -> float:
    """Send everything, each lane in turn, as soon as all of its accounts can pay; when the last leaves."""
    street, last = _Street(), start
    for lane in lanes:
        street.queue(lane, start)
    while (turn := street.next()) is not None:
        now, name, lane = turn
        if max(lane.openings(street.states, now).values()) <= now:
            lane.pay(street.states, now)
            last = now
        street.close(name, now)
        if lane.left > 0:
            street.queue(lane, now)
    return last
