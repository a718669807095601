"""The store goes away under load: it is killed and started again, or the network to it breaks in three ways."""

from collections.abc import Callable
from random import Random  # noqa: TID251 - the type of seeded dice

import pytest

from tests.chaos.conftest import Begin
from tests.chaos.reckoning import reckon
from tests.chaos.site import Site
from tests.chaos.wire import Wire
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

pytestmark = pytest.mark.chaos

Times = Callable[[int, int], int]

_API = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.04),))
_SERVERS = pytest.mark.parametrize("site", ["postgres", "valkey"], indirect=True)


@_SERVERS
def test_a_store_that_is_killed_and_started_again_loses_nothing(site: Begin, dice: Random, times: Times) -> None:
    """Kill -9 of the server and all its processes: workers wait for it, and go on where they were."""
    here, kills = site(_API), times(2, 40)
    assert here.server is not None
    here.keep_busy()
    with here.fleet(2) as fleet:
        here.eventually(lambda: fleet.begun == fleet.started)
        for _ in range(kills):
            here.keep_busy()
            here.wait_for(dice.randint(50, 300))
            with here.hurting("kill -9 of the store"):
                here.server.kill()
                here.server.start()
        here.wait_for_all()
    _settle_up(here, "killed store")
    assert set(fleet.codes) == {0}, fleet.log


@_SERVERS
@pytest.mark.parametrize("injury", ["cut", "delayed", "half open"])
def test_a_network_that_breaks_loses_nothing(site: Begin, injury: str, dice: Random, times: Times) -> None:
    """Connections that are reset, that crawl, or that are silent for ever: workers come back by themselves."""
    breaks = times(1, 15)
    if injury == "delayed" and breaks == 1:
        pytest.skip("in the long form: make chaos")
    here = site(_API)
    assert here.server is not None
    here.keep_busy()
    with Wire(here.server.url) as wire:
        here.shell.environ["PREFLIGHT_QUEUE_URL"] = wire.url
        with here.fleet(2) as fleet:
            here.eventually(lambda: fleet.begun == fleet.started)
            for _ in range(breaks):
                here.keep_busy()
                here.wait_for(dice.randint(50, 300))
                with here.hurting(f"network {injury}"):
                    _break(wire, injury, dice)
            here.wait_for_all()
        assert set(fleet.codes) == {0}, fleet.log
        here.shell.environ["PREFLIGHT_QUEUE_URL"] = here.server.url
    _settle_up(here, f"network {injury}")


def _break(wire: Wire, injury: str, dice: Random) -> None:
    if injury == "delayed":
        wire.delay_s = 0.05
        wire.hold(1.0)
        wire.delay_s = 0.0
        return
    if injury == "cut":
        wire.cut()
    else:
        wire.silence()
    wire.hold(dice.choice([0.2, 1.0, 3.0]))  # 3 s are longer than a lease
    wire.mend()


def _settle_up(here: Site, experiment: str) -> None:
    """What was sent when the store went may be sent again once its lease has run out; no more than that."""
    here.finish()
    made = reckon(here, experiment)
    assert made.delivered == made.jobs
