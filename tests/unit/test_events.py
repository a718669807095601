from typing import get_args

from worker.events import Bus, Event, LaneOpened, LaneStopped
from worker.job import Scope, Standstill, Stop
from worker.testing import capture_events

_STOP = Stop(Scope("shop"), Standstill.CLOSED, "429", 1.0, 2.0)


def test_observers_are_told_in_order_of_what_they_asked_for() -> None:
    """And of nothing else."""
    bus, told = Bus(), list[str]()
    bus.subscribe(LaneOpened, lambda event: told.append(f"1 {event.stop.scope.api}"))
    bus.subscribe(LaneOpened, lambda event: told.append(f"2 {event.stop.scope.api}"))
    bus.emit(LaneOpened(_STOP))
    bus.emit(LaneStopped(_STOP))
    assert told == ["1 shop", "2 shop"]


def test_nobody_builds_an_event_that_nobody_wants() -> None:
    """Asking does not subscribe."""
    bus = Bus()
    assert not any(bus.wants(kind) for kind in get_args(Event))
    bus.emit(LaneOpened(_STOP))
    assert not bus._observers
    seen = capture_events(bus, LaneOpened)
    assert bus.wants(LaneOpened)
    assert not bus.wants(LaneStopped)
    bus.emit(LaneOpened(_STOP))
    assert seen == [LaneOpened(_STOP)]
