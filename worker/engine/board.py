"""Keeps the gates of this worker the same as those of all others that work the same queue."""

from typing import Final

import structlog

from worker.errors import StoreBusyError
from worker.events import Bus, LaneOpened, LaneStopped
from worker.limits.gate import Gates
from worker.ports import Clock, Stops

log = structlog.get_logger(__name__)

_EVERY_S: Final = 0.25  # how late a worker may hear of what another has found out, or a person has said


class Board:
    """Tells the store what this worker has stopped and lifted, and hears from it what others have."""

    def __init__(self, stops: Stops, gates: Gates, bus: Bus, clock: Clock) -> None:
        self._stops = stops
        self._gates = gates
        self._bus = bus
        self._clock = clock

    async def run(self) -> None:
        """Do so until cancelled. A busy store is tried again at the next tick."""
        while True:
            try:
                await self.sync()
            except StoreBusyError:
                log.warning("store_busy", remedy="another process holds the database; stops are shared again soon")
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
