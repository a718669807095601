"""How many requests of an API may be in flight now: a number that the config gives, or one that is found out.

The estimate is ``limits/estimator.py``'s; here it is kept to, by letting only so many senders take jobs, and fed, by
measuring each attempt where it is sent. What is given needs neither.
"""

import asyncio
from http import HTTPStatus
from typing import Final, assert_never

from worker.limits.estimator import End, Estimator
from worker.outcome import Answer, Broken, Reply, Request
from worker.ports import Clock, Transport
from worker.settings import ApiSettings

#: What an API answers, or what a gateway answers for it, that has too much to do.
_OVERLOADED: Final = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
_CARRIED_OUT: Final = range(200, 400)


class Concurrency:
    """A fixed set of senders, of whom only the first so many may take jobs.

    Attributes:
        limit: requests that may be in flight now.
        most: requests that may ever be: how many senders and connections there are.
    """

    def __init__(self, limit: int, most: int | None = None) -> None:
        self.limit = limit
        self.most = limit if most is None else most
        self._waiting: dict[int, asyncio.Future[None]] = {}

    def change(self, limit: int) -> None:
        """Let so many be in flight from now on; those that are too many are not interrupted."""
        before, self.limit = self.limit, limit
        for number in range(before, limit):
            waiting = self._waiting.pop(number, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    async def turn(self, number: int) -> None:
        """Wait until the sender of this number, counted from 0, may take a job."""
        while number >= self.limit:
            self._waiting[number] = asyncio.get_running_loop().create_future()
            await self._waiting[number]


class Measured:
    """A transport that finds out how much its API can take.

    Args:
        transport: sends.
        concurrency: is kept at the estimate.
        estimator: is told of each attempt.
    """

    def __init__(self, transport: Transport, concurrency: Concurrency, estimator: Estimator, clock: Clock) -> None:
        self._transport = transport
        self._concurrency = concurrency
        self._estimator = estimator
        self._clock = clock
        self._in_flight = 0

    async def send(self, request: Request) -> Reply:
        """See ``ports.Transport``."""
        self._in_flight += 1
        try:
            reply = await self._transport.send(request)
            self._ended(reply)
        finally:
            self._in_flight -= 1
        return reply

    async def close(self) -> None:
        """See ``ports.Transport``."""
        await self._transport.close()

    def _ended(self, reply: Reply) -> None:
        before = self._estimator.limit
        now = self._clock.monotonic()
        limit = self._estimator.ended(self._in_flight, reply.elapsed_ms / 1000, end_of(reply), now)
        if limit != before:
            self._concurrency.change(limit)


def end_of(reply: Reply) -> End:
    """What a reply says of how busy its API is."""
    match reply:
        case Answer(status=status) if status in _OVERLOADED:
            return End.DROPPED
        case Answer(status=status):
            return End.SUCCESS if status in _CARRIED_OUT else End.IGNORED
        case Broken(kind="lost"):  # a restart, or an idle connection that was closed: no more work than before
            return End.IGNORED
        case Broken():
            return End.DROPPED
    assert_never(reply)


def from_settings(api: ApiSettings, transport: Transport, clock: Clock) -> tuple[Concurrency, Transport]:
    """The concurrency of an API, and the transport to send by: one that finds it out where the config says ``auto``."""
    if api.concurrency != "auto":
        return Concurrency(api.concurrency), transport
    estimator = Estimator(api.connections)
    concurrency = Concurrency(estimator.limit, api.connections)
    return concurrency, Measured(transport, concurrency, estimator, clock)
