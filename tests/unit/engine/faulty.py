"""The way to a store, which can be cut: the store itself is a real one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from worker.errors import StoreAwayError, StoreFullError, StoreGoneError
from worker.ports import Clock


class Line:
    """What lies between a worker and its store.

    Attributes:
        cut: nothing gets through.
        full: there is no room for the outcomes of jobs.
        slow_s: how long it takes to write outcomes.
        lost: how many answers of a method get lost, by its name, after the store has done what was asked.
        asked: every method that was asked for while the line was cut.
        swallows: how many cancellations become errors of the connection, which breaks at the same moment.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.cut = self.full = False
        self.slow_s = 0.0
        self.lost: dict[str, int] = {}
        self.error: type[StoreAwayError] = StoreGoneError
        self.asked: list[str] = []
        self.swallows = 0

    async def carry(self, name: str, ask: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
        """Ask the store, and bring back its answer."""
        if self.cut:
            self.asked.append(name)
            raise self.error("no connection to store.example")
        if name == "settle":
            if self.full:
                raise StoreFullError("no room left in store.example")
            if self.slow_s:
                await self._clock.sleep(self.slow_s)
        try:
            answer = await ask(*args, **options)
        except asyncio.CancelledError:
            if not self.swallows:
                raise
            self.swallows -= 1
            raise self.error("the connection broke") from None
        if self.lost.get(name, 0):
            self.lost[name] -= 1
            raise self.error(f"the connection broke while store.example did {name}")
        return answer


class Far:
    """A port of a store at the other end of a line."""

    def __init__(self, port: Any, line: Line) -> None:
        self._port = port
        self._line = line

    def __getattr__(self, name: str) -> Any:
        """A method of the port."""

        async def method(*args: Any, **options: Any) -> Any:
            return await self._line.carry(name, getattr(self._port, name), *args, **options)

        return method
