"""Reading again: never twice at a time, and once more where it was asked for meanwhile."""

import asyncio

from worker.service import Rereading
from worker.testing import ManualClock


class Reading:
    """A reading that lasts until it is let go, and counts."""

    def __init__(self) -> None:
        self.now = self.most = self.times = 0
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def once(self) -> None:
        """Read."""
        self.now += 1
        self.most = max(self.most, self.now)
        self.times += 1
        self.begun.set()
        try:
            await self.go.wait()
        finally:
            self.now -= 1


async def test_what_is_asked_for_meanwhile_is_read_once_more() -> None:
    """However often it was asked for: the last word on the disk has been read in the end."""
    reading = Reading()
    rereading = Rereading(reading.once)
    rereading.ask()
    await reading.begun.wait()
    for _ in range(5):
        rereading.ask()
    reading.go.set()
    await ManualClock().run_for(0)
    rereading.ask()
    await ManualClock().run_for(0)
    await rereading.end()
    assert (reading.times, reading.most) == (3, 1)


async def test_an_end_waits_for_no_reading() -> None:
    """It is left off."""
    reading = Reading()
    rereading = Rereading(reading.once)
    rereading.ask()
    await reading.begun.wait()
    await rereading.end()
    assert reading.now == 0
