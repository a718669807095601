"""The bell of stores that cannot announce anything: a worker just waits."""

from typing import Final

from worker.ports import Clock

#: How late a new lane may be noticed. Asking costs well under a millisecond.
_POLL_S: Final = 0.25


class NoBell:
    """The ``Bell`` port of a store that tells nobody when jobs come."""

    poll_s = _POLL_S

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def rest(self, seconds: float) -> None:
        """Wait; see ``Bell.rest``."""
        await self._clock.sleep(seconds)
