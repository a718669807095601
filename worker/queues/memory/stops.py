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
            if self._stops.get((stop.scope, stop.kind)) == stop:
                del self._stops[stop.scope, stop.kind]

    async def all(self) -> list[Stop]:
        """Every stop; see ``Stops.all``."""
        return sorted(self._stops.values(), key=lambda stop: stop.since)
