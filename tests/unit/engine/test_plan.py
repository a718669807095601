"""How long a run would take: held against the very quota that a run draws on, and against itself, one by one."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from worker.engine import plan as plan_module
from worker.engine.plan import EXACT, ApiPlan, at_once, plan, too_costly
from worker.engine.workload import Load, Workload
from worker.job import Lane, Scope
from worker.limits.budget import Budget, from_settings
from worker.limits.quota import MemoryQuota
from worker.outcome import Answer, Request
from worker.ports import Ask
from worker.settings import LimitSettings
from worker.testing import ManualClock

_START = 1_767_225_600.0

Jobs = dict[str | None, int]


def limit(rate: float, per_s: float, **more: Any) -> Budget:
    """A budget as the config names it."""
    return from_settings(LimitSettings(rate, per_s, **more))


def work(jobs: Jobs, **cost: float) -> list[Load]:
    """So many jobs of each key."""
    workload = Workload({"shop": ["tokens"]})
    for key, count in jobs.items():
        workload.add(Lane("shop", "createOrder", key), cost, count)
    return list(workload)


def planned(jobs: Jobs, *budgets: Budget, **cost: float) -> ApiPlan:
    """The plan of so many jobs of each key."""
    return plan(work(jobs, **cost), budgets, _START)


async def drawn(jobs: Jobs, budgets: Sequence[Budget]) -> float:
    """Seconds to the last slot, where every key asks for one in its turn, and who got one goes to the end."""
    clock = ManualClock(_START)
    quota = MemoryQuota({"shop": budgets}, clock)
    left, last = dict(jobs), _START
    while left:
        waits = []
        for key in list(left):
            [grant] = await quota.grant([Ask(Lane("shop", "createOrder", key), 1)])
            if not grant.slots:
                waits.append(grant.wait_s)
                continue
            last = max(last, grant.slots[-1])
            if count := left.pop(key) - 1:
                left[key] = count
        if waits:
            clock.advance(min(waits))
    return last - _START


@pytest.mark.parametrize(
    ("jobs", "budgets"),
    [
        ({None: 300}, [limit(20, 1)]),
        ({None: 300}, [limit(20, 1, burst=10)]),
        ({None: 300}, [limit(100, 60, window="sliding")]),
        ({None: 300}, [limit(100, 60, window="fixed")]),
        ({None: 300}, [limit(20, 1), limit(100, 60, window="fixed")]),
        ({"a": 200, "b": 100, "c": 3}, [limit(5, 1, by="key")]),
        ({"a": 200, "b": 60, "c": 60, "d": 60}, [limit(10, 1), limit(5, 1, by="key")]),
        ({None: 30}, [limit(0.1, 1)]),
    ],
)
async def test_a_plan_is_what_the_quota_of_a_run_comes_to(jobs: Jobs, budgets: list[Budget]) -> None:
    """The same arithmetic, without the waiting."""
    assert planned(jobs, *budgets).seconds == pytest.approx(await drawn(jobs, budgets), rel=0.03, abs=0.3)


@pytest.mark.parametrize(
    ("jobs", "budgets", "cost"),
    [
        ({None: 200_000}, [limit(100, 1)], {}),
        ({"hot": 60_000, **{f"k{n}": 1000 for n in range(40)}}, [limit(50, 1), limit(5000, 3600, by="key")], {}),
        ({"hot": 60_000, None: 20_000}, [limit(100, 1), limit(5000, 3600, by="key", window="sliding")], {}),
        ({None: 80_000}, [limit(100, 1), limit(20_000, 86_400, window="fixed")], {}),
        ({"hot": 30_000, **{f"k{n}": 6000 for n in range(9)}}, [limit(100, 1), limit(50, 1, by="key")], {}),
        ({"hot": 50_000, **{f"k{n}": 1 for n in range(5000)}}, [limit(100, 1), limit(20, 1, by="key")], {}),
        ({None: 50_000}, [limit(90_000, 60, cost="tokens"), limit(100, 1)], {"tokens": 20_000}),
        ({None: 60_000}, [limit(90_000, 60, cost="tokens"), limit(100, 1)], {"tokens": 700}),
    ],
)
def test_bundles_come_to_what_single_jobs_do(
    jobs: Jobs, budgets: list[Budget], cost: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a fiftieth, for limits by the second and by the day, hot keys, many keys and large costs."""
    bundled = planned(jobs, *budgets, **cost)
    monkeypatch.setattr(plan_module, "EXACT", 10**9)
    single = planned(jobs, *budgets, **cost)
    assert (bundled.exact, single.exact) == (False, True)
    assert bundled.seconds == pytest.approx(single.seconds, rel=0.02)


def test_a_plan_of_millions_does_not_take_longer_than_one_of_thousands() -> None:
    """Five million are no more bundles. At first others take turns with the hot key, then its own limit binds."""
    million = planned({"hot": 4_900_000, **{f"k{n}": 100 for n in range(1000)}}, limit(100, 1), limit(50, 1, by="key"))
    assert million.seconds == pytest.approx(1000 + 4_900_000 / 50, rel=0.02)


def test_the_limit_that_takes_longest_alone_is_the_binding_one() -> None:
    """And the key whose account it is."""
    made = planned({"tenant-7": 9000, "tenant-8": 100}, limit(100, 1), limit(5000, 3600, by="key"))
    assert made.binding is not None
    assert made.binding.budget.by == "key"
    assert (made.binding.account, made.binding.jobs) == (Scope("shop", None, "tenant-7"), 9000)
    assert made.seconds >= made.binding.seconds > 3600


def test_a_hot_key_that_shares_a_limit_takes_longer_than_any_limit_alone() -> None:
    """While others are served it gets a tenth of 100 a second, then 50: 100 s and 80 s, where each limit says less."""
    made = planned({"hot": 5000, **{f"k{n}": 1000 for n in range(9)}}, limit(100, 1), limit(50, 1, by="key"))
    assert [round(one.seconds, -1) for one in made.budgets] == [140, 100]
    assert made.seconds == pytest.approx(180, rel=0.02)


def test_a_limit_by_day_lets_the_first_day_go_and_counts_the_nights() -> None:
    """Ten thousand a day and 25,000 jobs: they are done early on the third day."""
    made = planned({None: 25_000}, limit(100, 1), limit(10_000, 86_400, window="fixed"))
    assert 2 * 86_400 < made.seconds < 2 * 86_400 + 600


def test_no_limit_is_no_time() -> None:
    """How fast the API answers is not the plan's to know."""
    made = planned({None: 1_000_000})
    assert (made.seconds, made.binding, made.jobs) == (0.0, None, 1_000_000)


def test_nothing_to_send_is_done_at_once() -> None:
    """Without a binding limit."""
    made = planned({}, limit(1, 3600))
    assert (made.seconds, made.binding) == (0.0, None)


def test_concurrency_bounds_what_limits_leave_open() -> None:
    """8 in flight at 100 ms are 80 a second."""
    made = planned({None: 8000}, limit(1000, 1), at_once(8, 0.1))
    assert made.seconds == pytest.approx(100, rel=0.01)
    assert made.binding is made.budgets[1]


def test_ordered_lanes_send_one_job_after_the_other() -> None:
    """At 100 ms an answer, a lane of 600 jobs takes a minute, however many may be in flight and whoever else sends."""
    made = planned({"a": 600, "b": 100}, at_once(64, 0.1), at_once(1, 0.1, "lane"))
    assert made.seconds == pytest.approx(60, rel=0.01)
    assert made.binding is not None
    assert made.binding.account == Scope("shop", "createOrder", "a")


def test_costs_are_counted_where_a_limit_counts_them() -> None:
    """A thousand jobs of 900 tokens each at 90,000 a minute are nearly ten minutes; without a cost, one token each."""
    tokens = limit(90_000, 60, cost="tokens")
    assert planned({None: 1000}, tokens, tokens=900.0).seconds == pytest.approx(600, rel=0.12)
    assert planned({None: 1000}, tokens).seconds < 60


def test_a_cost_that_no_period_can_pay_is_found() -> None:
    """A run refuses such a job; waiting for it would never end."""
    budgets = [limit(90_000, 60, cost="tokens"), limit(100, 1)]
    assert too_costly({"tokens": 90_001}, budgets)
    assert not too_costly({"tokens": 90_000, "pages": 10**9}, budgets)


def test_up_to_so_many_jobs_are_counted_one_by_one() -> None:
    """And one more are not: the plan says which."""
    assert planned({None: EXACT}, limit(1000, 1)).exact
    assert not planned({None: EXACT + 1}, limit(1000, 1)).exact


def test_more_keys_than_can_be_told_apart_still_draw_on_the_limits_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays flat; keys that come late are spared their own limit only."""
    monkeypatch.setattr("worker.engine.workload._MOST_LANES", 10)
    loads = work({f"k{number}": 10 for number in range(100)})
    made = plan(loads, [limit(10, 1), limit(1, 1, by="key")], _START)
    assert len(loads) == 11
    assert made.jobs == 1000
    assert made.seconds == pytest.approx(100, rel=0.03)


def test_only_costs_that_a_limit_counts_are_kept() -> None:
    """Whatever rows name."""
    workload = Workload({"shop": ["tokens"]})
    for number in range(100):
        workload.add(Lane("shop", "createOrder"), {"tokens": 5, f"x{number}": 1})
    [load] = workload
    assert (load.jobs, load.cost) == (100, {"tokens": 5.0})


@pytest.mark.parametrize(
    ("jobs", "budget"), [({None: 300}, limit(100, 1)), ({"hot": 400, "b": 100}, limit(50, 1, by="key"))]
)
async def test_a_run_takes_as_long_as_its_plan_says(bench: Callable[..., Any], jobs: Jobs, budget: Budget) -> None:
    """From the first request to the last, where limits and not answers are what jobs wait for."""
    shop = bench(limits={"shop": [budget]}, concurrency=64)
    left: list[float] = []

    def script(_: Request) -> Answer:
        left.append(shop.clock.monotonic())
        return Answer(200, {}, b"{}", 1.0)

    shop.transport.script = script
    for key, count in jobs.items():
        await shop.submit(count, key=key)
    await shop.work()
    assert len(left) == sum(jobs.values())
    assert left[-1] - left[0] == pytest.approx(planned(jobs, budget).seconds, rel=0.01)
