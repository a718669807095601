"""Wakes a worker that has nothing to do: by itself, or because the store has announced jobs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from worker.cancelling import ended, first
from worker.errors import PreflightError
from worker.ports import Clock

#: How late a new lane may be noticed. Asking costs well under a millisecond.
_POLL_S: Final = 0.25
#: The same where jobs are announced: only those that are given back are not.
_ANNOUNCED_POLL_S: Final = 1.0
_SPREAD: Final = 0.2  # so that a hundred workers do not look at the same moment
_AGAIN_S: Final = 2.0  # to the next try to listen, with as much spread


class NoBell:
    """The ``Bell`` port of a store that tells nobody when jobs come."""

    poll_s = _POLL_S

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def rest(self, seconds: float) -> None:
        """Wait; see ``Bell.rest``."""
        await self._clock.sleep(seconds)


class ListeningBell:
    """The ``Bell`` port of a store that announces jobs to those who listen.

    Args:
        hear: listens until its connection breaks, and calls what it is given for each announcement, and once at first:
            jobs may have come while nobody listened. Raises PreflightError.
    """

    def __init__(self, clock: Clock, hear: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
        self._clock = clock
        self._hear = hear
        self._rung = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    @property
    def poll_s(self) -> float:
        """How often to look for jobs that nobody has announced, in seconds; a little different each time."""
        return _ANNOUNCED_POLL_S * (1 - _SPREAD * self._clock.random())

    async def rest(self, seconds: float) -> None:
        """Wait until jobs may have come; see ``Bell.rest``. While the connection is away, it is just a pause."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        await first(self._rung.wait(), self._clock.sleep(seconds))
        self._rung.clear()

    async def close(self) -> None:
        """Listen no more."""
        if self._listening is not None and (failure := await ended([self._listening])) is not None:
            raise failure

    async def _listen(self) -> None:
        """Listen for ever, on one connection after the other."""
        while True:
            try:
                await self._hear(self._rung.set)
            except PreflightError:  # those who work find out by themselves, and say so
                await self._clock.sleep(_AGAIN_S * (0.5 + self._clock.random()))
