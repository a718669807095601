"""Fakes that ship: a clock that stands still, dice with known faces, an ear on the bus."""

import asyncio
import heapq
from collections.abc import Awaitable
from itertools import count, cycle
from typing import Final, TypeVar, get_args

from worker.clock import SystemClock
from worker.events import Bus, Event

T = TypeVar("T")

#: 2026-01-01T00:00:00Z: a round number in every log of a failed test.
_START: Final = 1_767_225_600.0

#: Turns of the event loop after which everything that one wake-up sets off has happened, in our longest chains.
_TURNS: Final = 50

#: Real seconds that threads and sockets are given before a clock with sleepers jumps ahead.
_PATIENCE_S: Final = 0.001


class FixedRandom:
    """Dice that show these numbers, in [0, 1), over and over; 0.5 if there are none."""

    def __init__(self, *numbers: float) -> None:
        self._numbers = cycle(numbers or (0.5,))

    def __call__(self) -> float:
        """The next number."""
        return next(self._numbers)


class ManualClock:
    """A ``Clock`` whose time passes only when it is told to.

    Attributes:
        sleepers: how many are waiting in ``sleep``.
    """

    def __init__(self, now: float = _START, dice: FixedRandom | None = None) -> None:
        self._now = now
        self._monotonic = 0.0
        self._dice = dice or FixedRandom()
        self._numbers = count(1)
        self._real = SystemClock()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    @property
    def sleepers(self) -> int:
        """How many are waiting in ``sleep``."""
        return sum(not waiting.done() for _, _, waiting in self._waiting)

    def now(self) -> float:
        """Seconds since the epoch, as set."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that this clock was advanced so far."""
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by ``seconds``; 0 yields once."""
        if seconds <= 0:
            await self._real.sleep(0)
            return
        waiting = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self._monotonic + seconds, next(self._numbers), waiting))
        await waiting

    def random(self) -> float:
        """What the dice show."""
        return self._dice()

    def token(self) -> str:
        """32 hexadecimal digits, counted up."""
        return f"{next(self._numbers):032x}"

    def advance(self, seconds: float) -> None:
        """Let time pass at once; sleepers that are due wake up, in their order, when the event loop next turns."""
        self._now += seconds
        self._monotonic += seconds
        while self._waiting and self._waiting[0][0] <= self._monotonic:
            waiting = heapq.heappop(self._waiting)[2]
            if not waiting.done():
                waiting.set_result(None)

    def set_back(self, seconds: float) -> None:
        """Move the wall clock back, as an administrator or NTP does; ``monotonic`` is not touched."""
        self._now -= seconds

    async def run_for(self, seconds: float) -> None:
        """Let time pass from one wake-up to the next, and let each sleeper act at its own moment."""
        end = self._monotonic + seconds
        await self._settle()
        while (due := self._next()) is not None and due <= end:
            self.advance(due - self._monotonic)
            await self._settle()
        self.advance(end - self._monotonic)
        await self._settle()

    async def run_until(self, done: Awaitable[T], limit_s: float = 86_400.0) -> T:
        """Let as much time pass as ``done`` takes; threads and sockets are given real time in between.

        Raises:
            TimeoutError: ``limit_s`` of this clock's seconds were not enough; ``done`` is cancelled.
        """
        task = asyncio.ensure_future(done)
        end = self._monotonic + limit_s
        while not task.done():
            await asyncio.wait({task}, timeout=_PATIENCE_S)
            if task.done() or (due := self._next()) is None:
                continue
            if due > end:
                task.cancel()
                raise TimeoutError(f"not done after {limit_s} s of the manual clock")
            self.advance(due - self._monotonic)
        return await task

    def _next(self) -> float | None:
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    async def _settle(self) -> None:
        for _ in range(_TURNS):
            await self._real.sleep(0)


def capture_events(bus: Bus, *kinds: type[Event]) -> list[Event]:
    """A list that grows with every event of these kinds; of every kind if none is named."""
    seen: list[Event] = []
    for kind in kinds or get_args(Event):
        bus.subscribe(kind, seen.append)
    return seen
