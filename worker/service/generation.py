"""What a worker works by: settings and contracts, read at the start and again whenever it is told to."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from worker.cancelling import ended
from worker.contract.contract import Contract
from worker.errors import ConfigError
from worker.events import Bus, LaneOpened
from worker.job import Standstill
from worker.ports import Stops
from worker.service.assembly import tried
from worker.settings import Settings


class Generation(NamedTuple):
    """Settings and the contract of every API."""

    settings: Settings
    contracts: Mapping[str, Contract]


async def read_again(
    load: Callable[[], Settings], environ: Mapping[str, str], now: Settings, stops: Stops
) -> Generation:
    """The next generation: everything that a run is made of was made of it once.

    Args:
        load: reads the settings.
        environ: for the folder of prepared contracts.
        now: what is worked by now.
        stops: of the store, which has to be there: before others hold, what is in flight is written.

    Raises:
        ConfigError: it cannot be used, or changes what is read at the start only.
        ContractError: a document cannot be used.
        StoreError: the store cannot be used now.
    """
    settings = await asyncio.to_thread(load)
    kept = {
        "queue.url": settings.queue.url == now.queue.url,
        "worker.processes": settings.worker.processes == now.worker.processes,
    }
    if changed := [key for key, same in kept.items() if not same]:
        raise ConfigError(f"{settings.path}: {' and '.join(changed)}: read at the start only: restart")
    generation = Generation(settings, await tried(settings, environ))
    await stops.all()
    return generation


async def forget_drift(stops: Stops, settings: Settings, bus: Bus) -> None:
    """Let go on what drifted under other contracts: it may do so no longer.

    Raises:
        StoreError: nothing was forgotten.
    """
    drifted = [
        stop for stop in await stops.all() if stop.kind is Standstill.DRIFTING and stop.scope.api in settings.apis
    ]
    await stops.lift(drifted)
    for stop in drifted:
        bus.emit(LaneOpened(stop))


class Rereading:
    """Does something whenever it is asked to: never twice at a time, and once more where it was asked meanwhile.

    Attributes:
        asked: it is to be done, or done once more.
    """

    def __init__(self, read_once: Callable[[], Awaitable[None]]) -> None:
        self._read_once = read_once
        self.asked = False
        self._reading: asyncio.Task[None] | None = None  # asyncio itself keeps no hold of it

    def ask(self) -> None:
        """Have it done, from where nothing can be awaited."""
        self.asked = True
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while self.asked:
            self.asked = False
            await self._read_once()

    async def end(self) -> None:
        """Leave off, whatever is being read."""
        if self._reading is not None:
            await ended([self._reading])
