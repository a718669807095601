"""A worker stands still for longer than its leases last, and then goes on as if nothing had been."""

from collections.abc import Callable
from random import Random  # noqa: TID251 - the type of seeded dice

import pytest

from tests.chaos.conftest import Begin
from tests.chaos.reckoning import reckon
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

pytestmark = pytest.mark.chaos

Times = Callable[[int, int], int]

_API = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.05),))
_STALL_S = 3.5  # a lease lasts 2 s, and whoever reclaims it may take another half


def test_a_worker_that_stood_still_settles_nothing_that_is_not_its_own(site: Begin, dice: Random, times: Times) -> None:
    """Its jobs were taken over: what it still thinks it holds, it neither sends nor settles."""
    here, stalls = site(_API), times(1, 15)
    here.keep_busy()
    with here.fleet(2) as fleet:
        for _ in range(stalls):
            here.keep_busy()
            here.wait_for(dice.randint(20, 200))
            with here.hurting("worker stalled for longer than its lease"):
                fleet.freeze(dice, _STALL_S)
        here.wait_for_all()
    here.finish()
    made = reckon(here, "stalled worker")
    assert made.delivered == made.jobs
    assert set(fleet.codes) == {0}, fleet.log
