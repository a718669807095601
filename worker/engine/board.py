"""Keeps the gates of this worker the same as those of all others that work the same queue."""

from typing import Final

from worker.events import Bus, LaneOpened, LaneStopped
from worker.limits.gate import Gates
from worker.ports import Clock, Stops

_EVERY_S: Final = 0.25  # how late a worker may hear of what another has found out, or a person has said


class Board:
    """Tells the store what this worker has stopped and lifted, and hears from it what others have."""

    def __init__(self, stops: Stops, gates: Gates, bus: Bus, clock: Clock) -> None:
        self._stops = stops
        self._gates = gates
        self._bus = bus
        self._clock = clock

    async def run(self) -> None:
        """Do so until cancelled.

        Raises:
            StoreError: the store failed; what has changed is told when this is called again.
        """
        while True:
            await self.sync()
            await self._clock.sleep(_EVERY_S)

    async def sync(self) -> None:
        """Share what has changed, once."""
        puts, lifts = self._gates.changes()
        if puts:
            await self._stops.put(puts)
        if lifts:
            await self._stops.lift(lifts)
        self._gates.told(puts, lifts)
        new, gone = self._gates.adopt(await self._stops.all())
        for stop in new:
            self._bus.emit(LaneStopped(stop))
        for stop in gone:
            self._bus.emit(LaneOpened(stop))
