"""Notes, many at a time, that requests are about to leave which must not be sent twice."""

import asyncio
from functools import partial
from itertools import compress
from typing import Final

from worker.cancelling import ended
from worker.engine.desk import Hands
from worker.engine.outage import Outage
from worker.job import Lease
from worker.ports import Clock, Queue

_MOST: Final = 256  # leases in one transaction


class Marker:
    """While one batch is written the next gathers, so that nobody waits for longer than two writes.

    Whoever has to wait because the store is away waits until it is back.
    """

    def __init__(self, queue: Queue, hands: Hands, outage: Outage, clock: Clock, lease_s: float) -> None:
        self._queue = queue
        self._hands = hands
        self._outage = outage
        self._clock = clock
        self._lease_s = lease_s
        self._waiting: list[tuple[Lease, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def mark(self, lease: Lease) -> bool:
        """Return once it is written down that the lease's request may have been sent; False where the lease was lost.

        Raises:
            StoreError: it could not be written; the request must not leave.
        """
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((lease, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await written

    async def end(self) -> None:
        """Write no more; nobody waits any longer."""
        self._waiting.clear()
        if self._writing is not None:
            await ended([self._writing])

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._batch(batch)
        finally:
            self._writing = None

    async def _batch(self, batch: list[tuple[Lease, asyncio.Future[bool]]]) -> None:
        try:
            answers = await self._outage.outlasted(partial(self._renewed, [lease for lease, _ in batch]))
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait, each of whom raises it
            for _, written in batch:
                if not written.done():
                    written.set_exception(error)
            return
        for (_, written), mine in zip(batch, answers, strict=True):
            if not written.done():  # a job that was cancelled while it waited
                written.set_result(mine)

    async def _renewed(self, leases: list[Lease]) -> list[bool]:
        until = self._clock.now() + self._lease_s
        answers = await self._queue.renew(leases, self._lease_s, sent=True)
        self._hands.prolong(compress(leases, answers), until)
        return answers
