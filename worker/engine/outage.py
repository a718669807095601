"""A store that cannot be used for a while: one asks whether it is back, and all others wait for the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from worker.errors import StoreAwayError
from worker.ports import Clock, Queue

T = TypeVar("T")

log = structlog.get_logger(__name__)

_FIRST_S: Final = 0.05  # a connection that was merely cut is made again at once
_LONGEST_S: Final = 1.0  # how late it may be noticed that the store is back; asking costs it next to nothing
_CALM_S: Final = 1.0  # a store that goes away again so soon has not been back


class Outage:
    """What a worker knows of its store being away, and how long it bears that.

    Everything that a store offers may be asked for twice, so that whoever met a ``StoreAwayError`` waits here, and then
    goes on where it was.

    Args:
        patience_s: how long the store may be away.
    """

    def __init__(self, queue: Queue, clock: Clock, patience_s: float) -> None:
        self._queue = queue
        self._clock = clock
        self._patience_s = patience_s
        self._met: StoreAwayError | None = None
        self._gone = asyncio.Event()
        self._present = asyncio.Event()
        self._present.set()

    @property
    def away(self) -> bool:
        """Whether the store is away for all that is known."""
        return not self._present.is_set()

    @property
    def reason(self) -> str | None:
        """Why the store is away, for a person; None while it is there."""
        return str(self._met) if self.away else None

    def meet(self, error: StoreAwayError) -> None:
        """Say that the store is away."""
        self._met = error
        self._present.clear()
        self._gone.set()

    async def over(self) -> None:
        """Return once the store is there."""
        await self._present.wait()

    async def outlasted(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do work, from its beginning whenever the store was away; what came of it.

        Raises:
            StoreError: the store failed in another way.
        """
        while True:
            try:
                return await work()
            except StoreAwayError as error:
                self.meet(error)
                await self.over()

    async def run(self, catch_up: Callable[[], Awaitable[None]]) -> None:
        """Find out when the store is back, each time that it is away, until cancelled.

        Args:
            catch_up: what comes before anything new: a store that cannot do that is not back.

        Raises:
            StoreAwayError: it was away for longer than is borne.
            StoreError: the store failed in another way.
        """
        while True:
            await self._gone.wait()
            await self._bear(_always, catch_up)

    async def borne(self, work: Callable[[], Awaitable[T]], wanted: Callable[[], bool]) -> T:
        """Do work as ``outlasted`` does, where nobody else finds out when the store is back.

        Args:
            work: may be done twice.
            wanted: whether to wait for the store, asked again and again while it is away.

        Raises:
            StoreAwayError: it was away for longer than is borne, or than was wanted.
            StoreError: the store failed in another way.
        """
        while True:
            try:
                return await work()
            except StoreAwayError as error:
                if not wanted():
                    raise
                self.meet(error)
                await self._bear(wanted, _nothing)

    async def _bear(self, wanted: Callable[[], bool], catch_up: Callable[[], Awaitable[None]]) -> None:
        went_at = self._clock.monotonic()
        log.warning("store_gone", reason=str(self._met), remedy="nothing is lost: work goes on once it is back")
        back_at = await self._back(went_at + self._patience_s, wanted, catch_up)
        log.warning("store_back", seconds=round(back_at - went_at, 3))

    async def _back(
        self, give_up_at: float, wanted: Callable[[], bool], catch_up: Callable[[], Awaitable[None]]
    ) -> float:
        """Ask until the store is back to stay; when it came, in monotonic seconds."""
        wait_s, back_at = _FIRST_S, 0.0
        while self._met is not None:
            if self._clock.monotonic() >= give_up_at or not wanted():
                raise self._met
            await self._clock.sleep(wait_s * (0.5 + self._clock.random()))
            wait_s = min(2 * wait_s, _LONGEST_S)
            if await self._answers(catch_up):
                back_at = self._clock.monotonic()
                await self._clock.sleep(_CALM_S)
        return back_at

    async def _answers(self, catch_up: Callable[[], Awaitable[None]]) -> bool:
        try:
            await self._queue.promote()  # to read is not enough: a store that is locked, or a replica, can be read
            await catch_up()
        except StoreAwayError as error:
            self._met = error
            return False
        self._met = None
        self._gone.clear()
        self._present.set()
        return True


def _always() -> bool:
    return True


async def _nothing() -> None:
    pass
