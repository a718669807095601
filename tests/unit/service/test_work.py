"""A worker that is put together, and held to other contracts while it runs."""

from pathlib import Path

from worker import service
from worker.events import Bus, LaneOpened
from worker.job import Scope, Standstill, Stop
from worker.settings import load
from worker.testing import ManualClock, capture_events

_SHOP = """
[queue]
url = "memory://"
[apis.shop]
base_url = "https://shop.example"
[apis.shop.operations.order]
method = "POST"
path = "/orders"
"""


async def test_what_drifted_goes_on_under_another_contract_and_is_told_of(tmp_path: Path) -> None:
    """What stands still for any other reason stays."""
    (tmp_path / "preflight.toml").write_text(_SHOP)
    settings = load(tmp_path / "preflight.toml", environ={})
    found = service.contracts(settings, {"PREFLIGHT_CACHE_DIR": str(tmp_path)})
    clock, bus = ManualClock(), Bus()
    opened = capture_events(bus, LaneOpened)
    drifting = Stop(Scope("shop", "order"), Standstill.DRIFTING, "it drifts", 0.0)
    paused = Stop(Scope("shop"), Standstill.PAUSED, "by me", 0.0)
    async with service.open_store(settings, clock) as store, service.work(settings, found, store, bus, clock) as work:
        for stop in (drifting, paused):
            work.gates.stand(stop)
        work.hold_to(found)
        assert work.gates.stops() == [paused]
    assert opened == [LaneOpened(drifting)]
