"""Hears when jobs come: PostgreSQL tells everyone who listens, once for each batch, when it is committed."""

import asyncio
from typing import Any, Final

from worker.errors import PreflightError
from worker.ports import Clock
from worker.queues.postgres.address import Address
from worker.queues.postgres.pool import Connection, connect
from worker.queues.postgres.statements import placed
from worker.queues.postgres.translation import translated

_POLL_S: Final = 1.0  # for what nobody announces: jobs that are given back
_SPREAD: Final = 0.2  # so that a hundred workers do not look at the same moment
_ALIVE_S: Final = 5.0  # a connection of which nothing has been heard for so long is asked whether it is there
_AGAIN_S: Final = 2.0  # to the next try of one that broke, with as much spread
_CHANNEL: Final = "preflight.ready"


class PostgresBell:
    """The ``Bell`` port over a connection of its own, which is made when somebody rests for the first time."""

    def __init__(self, address: Address, clock: Clock) -> None:
        self._address = address
        self._clock = clock
        self._rung = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    @property
    def poll_s(self) -> float:
        """How often to look for jobs that nobody has announced, in seconds; a little different each time."""
        return _POLL_S * (1 - _SPREAD * self._clock.random())

    async def rest(self, seconds: float) -> None:
        """Wait until jobs may have come; see ``Bell.rest``. While the connection is away, it is just a pause."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        waits = [asyncio.create_task(self._rung.wait()), asyncio.create_task(self._clock.sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._rung.clear()

    async def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])

    async def _listen(self) -> None:
        """Listen for ever, on one connection after the other."""
        while True:
            try:
                with translated(self._address.shown, self._address.schema):
                    await self._hear()
            except PreflightError:  # those who work find out by themselves, and say so
                await self._clock.sleep(_AGAIN_S * (0.5 + self._clock.random()))

    async def _hear(self) -> None:
        """Listen until the connection breaks."""
        connection: Connection = await connect(self._address)
        try:
            await connection.add_listener(placed(_CHANNEL, self._address.schema), self._ring)
            self._rung.set()  # jobs may have come while nobody listened
            while True:
                await self._clock.sleep(_ALIVE_S)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def _ring(self, *_: Any) -> None:
        self._rung.set()
