"""A worker process's end of what ties it to its supervisor.

It reports, hears when to read its config again, and notices when the supervisor is gone, however that went: nobody
would start it again or stop it any more.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from worker.cancelling import ended
from worker.ports import Clock
from worker.supervisor.report import Report

#: What the supervisor says, the only thing that it ever does; the number of what is to be read follows, and a newline.
READ_AGAIN: Final = b"read again "
_EVERY_S: Final = 0.2  # as often as a display is drawn


class Leash:
    """Opened with the number of the file descriptor that the supervisor has left open for it."""

    def __init__(self, number: int, clock: Clock) -> None:
        self._socket = socket.socket(fileno=number)
        self._socket.set_inheritable(False)  # ours alone: whoever held it too would keep the supervisor waiting
        self._clock = clock
        self._writer: asyncio.StreamWriter | None = None

    @asynccontextmanager
    async def held(
        self, report: Callable[[], Report], read_again: Callable[[int], None], gone: Callable[[], None]
    ) -> AsyncIterator[None]:
        """Report, and listen, until the block ends.

        Args:
            report: what to say now.
            read_again: called with its number when the supervisor wants the config to be read again.
            gone: called once when it has ended.
        """
        reader, self._writer = await asyncio.open_connection(sock=self._socket)
        chores = [
            asyncio.create_task(self._report(report)),
            asyncio.create_task(_listen(reader, read_again, gone)),
        ]
        try:
            yield
        finally:
            if (failure := await ended(chores)) is not None:
                raise failure

    async def end(self, report: Report) -> None:
        """Say how it ended: the last thing that a process does in order."""
        await self._say(report)
        if self._writer is not None:
            self._writer.close()

    async def _report(self, report: Callable[[], Report]) -> None:
        while True:
            await self._say(report())
            await self._clock.sleep(_EVERY_S)

    async def _say(self, report: Report) -> None:
        if self._writer is None:
            return
        with suppress(ConnectionError):  # the supervisor is gone
            self._writer.write(report.line)
            await self._writer.drain()


async def _listen(reader: asyncio.StreamReader, read_again: Callable[[int], None], gone: Callable[[], None]) -> None:
    with suppress(ConnectionError):
        while (line := await reader.readline()).endswith(b"\n"):  # what was cut off by its death says nothing
            read_again(int(line.removeprefix(READ_AGAIN)))
    gone()
