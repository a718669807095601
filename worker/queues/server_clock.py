"""One time for all who work a queue: that of its server, carried on by this machine's monotonic clock."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from worker.errors import StoreAwayError
from worker.ports import Clock

_EVERY_S: Final = 10.0  # quartz drifts by 0.1 ms in that time
_TRIES: Final = 3  # the quickest of a few answers is the most exact


class ServerClock:
    """The ``Clock`` of a store on a server.

    ``now`` is the server's time as well as it is known, to half a round trip. A wall clock of this machine that is
    wrong, or is set, changes nothing.

    Args:
        clock: this machine's; its wall clock counts until ``measure`` was called.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s = clock.now() - clock.monotonic()

    def now(self) -> float:
        """Seconds since the epoch, by the server."""
        return self._clock.monotonic() + self._ahead_s

    def monotonic(self) -> float:
        """See ``Clock.monotonic``."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See ``Clock.sleep``."""
        await self._clock.sleep(seconds)

    def random(self) -> float:
        """See ``Clock.random``."""
        return self._clock.random()

    def token(self) -> str:
        """See ``Clock.token``."""
        return self._clock.token()

    @property
    def skew_s(self) -> float:
        """How far this machine's wall clock is ahead of the server's, in seconds."""
        return self._clock.now() - self.now()

    async def measure(self, server_time: Callable[[], Awaitable[float]]) -> None:
        """Ask what time it is at the server.

        An answer proves that the time is between what it says and that plus the round trip: what lies within is kept
        as it is, so that answers that took long change nothing.

        Args:
            server_time: asks the server for its epoch seconds.

        Raises:
            StoreError: it could not be asked.
        """
        for _ in range(_TRIES):
            asked_at = self._clock.monotonic()
            told = await server_time()
            least, most = told - self._clock.monotonic(), told - asked_at
            if not least <= self._ahead_s <= most:
                self._ahead_s = (least + most) / 2

    async def follow(self, server_time: Callable[[], Awaitable[float]]) -> None:
        """Measure again and again until cancelled; a server that is away is asked again later."""
        while True:
            await self._clock.sleep(_EVERY_S)
            with suppress(StoreAwayError):  # the monotonic clock carries on
                await self.measure(server_time)
