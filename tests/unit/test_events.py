from typing import get_args

from worker.events import ApiClosed, ApiOpened, Bus, Event
from worker.testing import capture_events


def test_observers_are_told_in_order_of_what_they_asked_for() -> None:
    """And of nothing else."""
    bus, told = Bus(), list[str]()
    bus.subscribe(ApiOpened, lambda event: told.append(f"1 {event.api}"))
    bus.subscribe(ApiOpened, lambda event: told.append(f"2 {event.api}"))
    bus.emit(ApiOpened("shop"))
    bus.emit(ApiClosed("shop", "429", 1.0))
    assert told == ["1 shop", "2 shop"]


def test_nobody_builds_an_event_that_nobody_wants() -> None:
    """Asking does not subscribe."""
    bus = Bus()
    assert not any(bus.wants(kind) for kind in get_args(Event))
    bus.emit(ApiOpened("shop"))
    assert not bus._observers
    seen = capture_events(bus, ApiOpened)
    assert bus.wants(ApiOpened)
    assert not bus.wants(ApiClosed)
    bus.emit(ApiOpened("shop"))
    assert seen == [ApiOpened("shop")]
