"""The wall clock of a worker's machine is set forward and back while it works."""

import asyncio
from random import Random  # noqa: TID251 - the type of seeded dice
from typing import Final

import pytest

from tests.chaos.conftest import Begin
from tests.chaos.reckoning import reckon
from worker import service
from worker.clock import SystemClock
from worker.events import Bus
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule
from worker.settings import load

pytestmark = pytest.mark.chaos

_API = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.02),))
_STEPS_S: Final = (3600.0, -7200.0, 30.0, -0.5, 86_400.0)


class SteppingClock(SystemClock):
    """A clock whose hands somebody moves; what it does not say about the time of day is true."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> float:
        """Seconds since the epoch, and what the hands were moved by."""
        return super().now() + self.ahead_s


async def test_a_clock_that_is_set_loses_nothing(site: Begin, dice: Random) -> None:
    """By hours, in both directions, in the middle of the work; on a server nobody even notices."""
    here = site(_API)
    here.submit(900)
    settings = load(here.shell.folder / "preflight.toml", environ=here.shell.environ)
    contracts = service.contracts(settings, here.shell.environ)
    clock, steps = SteppingClock(), list(_STEPS_S)
    async with (
        service.open_store(settings, clock) as store,
        service.work(settings, contracts, store, Bus()) as work,
    ):
        working = asyncio.ensure_future(work.until_empty())
        while steps and not working.done():
            await clock.sleep(0.1 + 0.2 * dice.random())
            with here.hurting("wall clock set"):
                clock.ahead_s += steps.pop()
        await working
    assert not steps  # or the work was over before
    made = reckon(here, "stepped clock")
    assert made.delivered == made.jobs
