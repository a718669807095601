import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from worker.job import Job, Scope, Standstill, Stop
from worker.limits.budget import from_settings
from worker.limits.gate import Closure, Gates
from worker.limits.pacer import Pacer
from worker.limits.quota import MemoryQuota
from worker.outcome import Cause
from worker.settings import LimitSettings
from worker.stages.pace import ANYTIME, Hold, Never, Pace, Permit, Slot
from worker.testing import ManualClock

_SHOP = Scope("shop")


def _pace(*limits: LimitSettings) -> tuple[Pace, Gates, ManualClock]:
    clock = ManualClock()
    budgets = {"shop": [from_settings(one) for one in limits]}
    gates = Gates(clock)
    return Pace(MemoryQuota(budgets, clock), Pacer(budgets), gates, clock), gates, clock


def _job(tokens: float) -> Job:
    cost: Mapping[str, float] = {"tokens": tokens}
    return Job("1", "shop", "op", cost=cost)


_TOKENS = LimitSettings(rate=100, per_s=1, cost="tokens")
_REQUESTS = LimitSettings(rate=10, per_s=1)


async def test_a_job_leaves_at_once_where_nothing_is_in_its_way() -> None:
    """Limits or none."""
    assert await _pace()[0].permit(_job(1), ANYTIME) == Permit()
    assert isinstance(await _pace(_TOKENS)[0].permit(_job(1), ANYTIME), Permit)


async def test_a_short_wait_is_waited_for() -> None:
    """A sender may be held for a second, not for more."""
    pace, _, clock = _pace(_TOKENS)
    assert isinstance(await pace.permit(_job(10), ANYTIME), Permit)
    second = asyncio.ensure_future(pace.permit(_job(10), ANYTIME))
    await clock.run_for(0.02)
    assert not second.done()
    await clock.run_for(0.5)
    assert isinstance(await second, Permit)


async def test_a_long_wait_sends_the_job_back() -> None:
    """With how long it takes."""
    pace, _, _ = _pace(LimitSettings(rate=100, per_s=60, cost="tokens"))
    assert isinstance(await pace.permit(_job(100), ANYTIME), Permit)
    held = await pace.permit(_job(10), ANYTIME)
    assert isinstance(held, Hold)
    assert held.wait_s > 1


async def test_a_cost_beyond_the_budget_never_goes() -> None:
    """And the problem says what it asks for."""
    never = await _pace(_TOKENS)[0].permit(_job(101), ANYTIME)
    assert isinstance(never, Never)
    assert never.problem.cause is Cause.RATE_LIMITED
    assert "tokens 101" in never.problem.detail


async def test_a_request_does_not_leave_before_its_slot() -> None:
    """And at it, to the millisecond."""
    pace, _, clock = _pace(_REQUESTS)
    leaving = asyncio.ensure_future(pace.permit(_job(1), Slot(clock.now() + 0.3, 0.005)))
    await clock.run_for(0.29)
    assert not leaving.done()
    await clock.run_for(0.02)
    assert leaving.done()


@pytest.mark.parametrize(("late_s", "waits"), [(0.004, False), (0.5, True)])
async def test_a_request_that_missed_its_slot_asks_for_another(late_s: float, *, waits: bool) -> None:
    """A process that stalled must not send in one lump what was meant for several moments."""
    clock = ManualClock()
    budgets = {"shop": [from_settings(_REQUESTS)]}
    pace = Pace(MemoryQuota(budgets, clock), Pacer({}), Gates(clock), clock)
    slot = Slot(clock.now(), 0.005)
    clock.advance(late_s)
    first, second = (asyncio.ensure_future(pace.permit(_job(1), slot)) for _ in range(2))
    await clock.run_for(0.03)
    assert (first.done(), second.done()) == (True, not waits)
    await clock.run_for(0.2)
    assert second.done()


async def test_a_closed_api_is_left_alone_and_nothing_is_paid() -> None:
    """What was not sent has no cost."""
    pace, gates, clock = _pace(_TOKENS)
    gates.close(_SHOP, Closure("429", Standstill.CLOSED, 5.0))
    for _ in range(50):
        assert await pace.permit(_job(100), ANYTIME) == Hold("shop stands still: 429", 0.0)
    clock.advance(5)
    assert isinstance(await pace.permit(_job(100), ANYTIME), Permit)


async def test_an_api_that_closes_during_the_wait_counts_as_closed() -> None:
    """The gate is asked last."""
    pace, gates, clock = _pace(_TOKENS)
    assert isinstance(await pace.permit(_job(10), ANYTIME), Permit)
    waiting = asyncio.ensure_future(pace.permit(_job(10), ANYTIME))
    await clock.run_for(0.01)
    gates.close(_SHOP, Closure("429", Standstill.CLOSED, 60.0))
    await clock.run_for(0.5)
    assert isinstance(await waiting, Hold)


async def test_a_job_of_a_lane_that_stands_still_does_not_leave() -> None:
    """Nor one that was waiting when it was stopped; it pays nothing, and other operations go on."""
    pace, gates, clock = _pace(_TOKENS)
    assert isinstance(await pace.permit(_job(10), ANYTIME), Permit)
    waiting = asyncio.ensure_future(pace.permit(_job(10), ANYTIME))
    await clock.run_for(0.01)
    gates.stand(Stop(Scope("shop", "op"), Standstill.DRIFTING, "it drifts", clock.now()))
    await clock.run_for(1)
    held = Hold("shop/op stands still: it drifts", 0.0)
    assert await waiting == held
    assert await pace.permit(_job(1), ANYTIME) == held
    assert isinstance(await pace.permit(replace(_job(1), operation="other"), ANYTIME), Permit)
    assert _pace()[0].at_once(_job(1).lane) == Permit()


@pytest.mark.parametrize(("took_s", "slots"), [(0.004, 0), (0.3, 1)])
async def test_a_request_whose_connection_took_too_long_asks_for_another_slot(took_s: float, slots: int) -> None:
    """The first requests of a run to a far server would else arrive in one lump."""
    clock = ManualClock()
    budgets = {"shop": [from_settings(_REQUESTS)]}
    quota = MemoryQuota(budgets, clock)
    pace = Pace(quota, Pacer({}), Gates(clock), clock)
    permit = await clock.run_until(pace.permit(_job(1), Slot(clock.now(), 0.005)))
    assert isinstance(permit, Permit)
    assert permit.connected is not None
    clock.advance(took_s)
    started = clock.now()
    await clock.run_until(permit.connected())
    assert (clock.now() > started) is bool(slots)
