"""A worker that draws slots from a shared limit: ``python -m tests.scenarios.drawing URL RATE MOST`` prints them."""

import asyncio
import sys
from typing import Final

import orjson

from worker import service
from worker.job import Lane
from worker.limits.budget import from_settings
from worker.ports import Ask
from worker.settings import LimitSettings, Settings
from worker.settings.settings import QueueSettings

_LANE: Final = Lane("shop", "createOrder")


async def main(url: str, rate: float, most: int) -> None:
    """Draw until there are ``most``."""
    slots: list[float] = []
    async with service.open_store(Settings(queue=QueueSettings(url)), service.system_clock()) as store:
        quota = store.quota({"shop": [from_settings(LimitSettings(rate=rate, per_s=1.0))]})
        while len(slots) < most:
            (grant,) = await quota.grant([Ask(_LANE, most - len(slots))])
            slots += grant.slots
            await store.clock.sleep(grant.wait_s)
    sys.stdout.buffer.write(orjson.dumps(slots))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
