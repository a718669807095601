"""Forgets jobs that were delivered long ago, in small steps."""

from typing import Final

from worker.job import EVERY, Scope
from worker.ports import Archive, Clock, Stops

_EVERY_S: Final = 60.0  # how often to look for what is old enough
_SHARE: Final = 10  # of the store's time one part in so many at most is spent on it while there is more
_SHORTEST_S: Final = 0.05


class Retention:
    """Does so while a worker runs; several workers on one queue may all do it.

    While the queue stands still as a whole, nothing is forgotten: it may be that it is copied, and counted.
    """

    def __init__(self, archive: Archive, stops: Stops, clock: Clock, retention_s: float) -> None:
        self._archive = archive
        self._stops = stops
        self._clock = clock
        self._retention_s = retention_s

    async def run(self) -> None:
        """Forget what is old enough, again and again, until cancelled.

        Raises:
            StoreError: the store failed; what is left is forgotten when this is called again.
        """
        while True:
            started = self._clock.monotonic()
            gone = await self._step()
            took_s = self._clock.monotonic() - started
            await self._clock.sleep(max(took_s * _SHARE, _SHORTEST_S) if gone else _EVERY_S)

    async def _step(self) -> int:
        if any(stop.scope == Scope(EVERY) for stop in await self._stops.all()):
            return 0
        return await self._archive.prune(self._clock.now() - self._retention_s)
