"""Workers die at any moment, or stop when they are told to; others go on with their jobs."""

from collections.abc import Callable
from random import Random  # noqa: TID251 - the type of seeded dice

import pytest

from tests.chaos.conftest import Begin
from tests.chaos.reckoning import reckon
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

pytestmark = pytest.mark.chaos

Times = Callable[[int, int], int]

_HEADER = "Idempotency-Key"
_SIZE = 2  # workers at once
_IN_HAND = 3 * 8 + 32  # with 8 senders, see Desk.target: sent, answered and not yet written are among them
_API = Behaviour(idempotency_header=_HEADER, faults=(Rule(every=50, status=503), Rule(delay_s=0.02)))

_SLOW_API = Behaviour(idempotency_header=_HEADER, faults=(Rule(every=50, status=503), Rule(delay_s=0.05)))


def test_workers_that_are_killed_lose_nothing(site: Begin, dice: Random, times: Times) -> None:
    """Kill -9 of random workers: every job is delivered, and what is sent twice was in the hands of a dead one."""
    here, kills = site(_API), times(3, 200)
    here.keep_busy()
    with here.fleet(_SIZE) as fleet:
        for _ in range(kills):
            here.keep_busy()
            here.wait_for(dice.randint(1, 90))
            fleet.kill(dice)
    here.note("kill -9 of a worker", kills, fleet.killed)
    here.finish()
    made = reckon(here, "killed workers")
    assert made.delivered == made.jobs
    assert made.repeats <= kills * _IN_HAND


def test_a_storm_of_sigterm_costs_nothing(site: Begin, dice: Random, times: Times) -> None:
    """Workers that are told to stop finish what is in flight: nothing at all is sent twice."""
    stops = times(2, 100)
    here = site(_SLOW_API)
    if here.server is not None and stops == 2:
        pytest.skip("on servers in the long form: make chaos")
    here.keep_busy()
    with here.fleet(_SIZE) as fleet:
        for _ in range(stops):
            here.keep_busy()
            here.eventually(lambda: fleet.begun == fleet.started)
            here.wait_for(dice.randint(1, 50))
            fleet.stop()
        here.eventually(lambda: fleet.begun == fleet.started)
    here.note("SIGTERM to a worker", stops)
    here.finish()
    made = reckon(here, "SIGTERM storm")
    assert made.delivered == made.jobs
    assert made.repeats == 0
    assert set(fleet.codes) == {0}
