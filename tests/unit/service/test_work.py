"""What a worker is put together from, and what holds when that changes."""

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


async def test_what_drifted_goes_on_under_another_generation_and_is_told_of(tmp_path: Path) -> None:
    """What stands still for any other reason stays, and so does what other workers' configs have."""
    (tmp_path / "preflight.toml").write_text(_SHOP)
    settings = load(tmp_path / "preflight.toml", environ={})
    clock, bus = ManualClock(), Bus()
    opened = capture_events(bus, LaneOpened)
    drifting = Stop(Scope("shop", "order"), Standstill.DRIFTING, "it drifts", 0.0)
    others = [
        Stop(Scope("shop"), Standstill.PAUSED, "by me", 0.0),
        Stop(Scope("theirs", "order"), Standstill.DRIFTING, "it drifts too", 0.0),
    ]
    async with service.open_store(settings, clock) as store:
        await store.stops.put([drifting, *others])
        await service.forget_drift(store.stops, settings, bus)
        assert await store.stops.all() == others
    assert opened == [LaneOpened(drifting)]
