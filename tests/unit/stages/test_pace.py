import asyncio
import math
from dataclasses import replace

from worker.job import Job
from worker.limits.budget import from_settings
from worker.limits.gate import Closure, Gates
from worker.limits.pacer import Pacer
from worker.limits.quota import MemoryQuota
from worker.outcome import Cause
from worker.settings import LimitSettings
from worker.stages.pace import Hold, Never, Pace, Permit
from worker.testing import ManualClock


def _pace(*limits: LimitSettings) -> tuple[Pace, Gates, ManualClock]:
    clock = ManualClock()
    budgets = {"shop": [from_settings(one) for one in limits]}
    gates = Gates(clock)
    return Pace(MemoryQuota(budgets, clock), Pacer(budgets), gates, clock), gates, clock


def _job(tokens: float) -> Job:
    return Job("1", "shop", "op", cost={"tokens": tokens})


_TOKENS = LimitSettings(rate=100, per_s=1, cost="tokens")


async def test_a_job_leaves_at_once_where_nothing_is_in_its_way() -> None:
    """Limits or none."""
    assert await _pace()[0].permit(_job(1)) == Permit()
    assert await _pace(_TOKENS)[0].permit(_job(1)) == Permit()


async def test_a_short_wait_is_waited_for() -> None:
    """A sender may be held for a second, not for more."""
    pace, _, clock = _pace(_TOKENS)
    assert await pace.permit(_job(10)) == Permit()
    second = asyncio.ensure_future(pace.permit(_job(10)))
    await clock.run_for(0.05)
    assert not second.done()
    await clock.run_for(0.1)
    assert await second == Permit()


async def test_a_long_wait_sends_the_job_back() -> None:
    """With how long it takes."""
    pace, _, _ = _pace(LimitSettings(rate=100, per_s=60, cost="tokens"))
    assert await pace.permit(_job(100)) == Permit()
    held = await pace.permit(_job(10))
    assert isinstance(held, Hold)
    assert held.wait_s > 1


async def test_a_cost_beyond_the_budget_never_goes() -> None:
    """And the problem says what it asks for."""
    never = await _pace(_TOKENS)[0].permit(_job(101))
    assert isinstance(never, Never)
    assert never.problem.cause is Cause.RATE_LIMITED
    assert "tokens 101" in never.problem.detail


async def test_a_closed_api_is_left_alone_and_nothing_is_paid() -> None:
    """What was not sent has no cost."""
    pace, gates, clock = _pace(_TOKENS)
    gates.close("shop", Closure("429", "throttled", 5.0))
    for _ in range(50):
        assert await pace.permit(_job(100)) == Hold("the API is closed", 5.0)
    clock.advance(5)
    assert await pace.permit(_job(100)) == Permit()


async def test_an_api_that_closes_during_the_wait_counts_as_closed() -> None:
    """The gate is asked last."""
    pace, gates, clock = _pace(_TOKENS)
    assert await pace.permit(_job(10)) == Permit()
    waiting = asyncio.ensure_future(pace.permit(_job(10)))
    await clock.run_for(0.01)
    gates.close("shop", Closure("429", "throttled", 60.0))
    await clock.run_for(0.5)
    assert isinstance(await waiting, Hold)


async def test_a_job_of_a_paused_operation_does_not_leave() -> None:
    """Nor one that was waiting when it was paused; it pays nothing."""
    pace, gates, clock = _pace(_TOKENS)
    assert await pace.permit(_job(10)) == Permit()
    waiting = asyncio.ensure_future(pace.permit(_job(10)))
    await clock.run_for(0.01)
    gates.pause(_job(1).lane, "it drifts")
    await clock.run_for(1)
    held = Hold("its operation is paused", math.inf)
    assert await waiting == held
    assert await pace.permit(_job(1)) == held
    assert await pace.permit(replace(_job(1), operation="other")) == Permit()
    assert _pace()[0].at_once(_job(1).lane) == Permit()
