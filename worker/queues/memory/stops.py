"""Stops that live as long as the process does."""

from collections.abc import Sequence

from worker.job import Scope, Standstill, Stop


class MemoryStops:
    """The ``Stops`` port over a mapping."""

    def __init__(self) -> None:
        self._stops: dict[tuple[Scope, Standstill], Stop] = {}

    async def put(self, stops: Sequence[Stop]) -> None:
        """Note stops; see ``Stops.put``."""
        self._stops |= {(stop.scope, stop.kind): stop for stop in stops}

    async def lift(self, stops: Sequence[Stop]) -> None:
        """Forget stops; see ``Stops.lift``."""
        for stop in stops:
            self._stops.pop((stop.scope, stop.kind), None)

    async def all(self) -> list[Stop]:
        """Every stop; see ``Stops.all``."""
        return sorted(self._stops.values(), key=lambda stop: stop.since)
