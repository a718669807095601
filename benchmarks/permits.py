"""A worker without HTTP: the same quota, store and pacer, and a datagram where the request would be.

Run as ``python -m benchmarks.permits URL RATE SECONDS PORT``; prints how many it sent, how many slots it missed, how
often it asked for some, and the store on their behalf, how often another was quicker, and its CPU time.
"""

import asyncio
import socket
import sys
import time

import orjson

from worker import service
from worker.job import Lane
from worker.limits.budget import from_settings
from worker.limits.pacer import Pacer
from worker.ports import Ask
from worker.service.store import Store
from worker.settings import LimitSettings, Settings
from worker.settings.settings import QueueSettings

_LANE = Lane("shop", "createOrder")
_MOST = 2_000  # slots of one grant: more than a tenth of a second holds at 10,000 per second
_SHORTEST_S = 0.001


async def main(url: str, rate: float, seconds: float, port: int) -> None:
    """Send until the time is over."""
    async with service.open_store(Settings(queue=QueueSettings(url)), service.system_clock()) as store:
        print(orjson.dumps(await _sent(store, rate, seconds, port)).decode())


async def _sent(store: Store, rate: float, seconds: float, port: int) -> dict[str, float]:
    budgets = {"shop": [from_settings(LimitSettings(rate=rate, per_s=1.0))]}
    quota, pacer, clock = store.quota(budgets), Pacer(budgets), store.clock
    address = ("127.0.0.1", port)
    sent = missed = grants = 0
    began, end = time.process_time(), clock.now() + seconds
    slots: asyncio.Queue[tuple[float, float]] = asyncio.Queue()

    async def ask() -> None:
        nonlocal grants
        while True:
            (grant,) = await quota.grant([Ask(_LANE, _MOST)])
            grants += 1
            for slot in grant.slots:
                slots.put_nowait((slot, grant.late_s))
            await clock.sleep(grant.wait_s)

    asking = asyncio.create_task(ask())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        while clock.now() < end:
            slot, late_s = await slots.get()
            while (wait_s := slot - clock.now()) > 0:
                await clock.sleep(max(wait_s, _SHORTEST_S))
            if clock.now() <= slot + late_s:
                await pacer.depart(_LANE)
            if clock.now() > slot + late_s:
                missed += 1
            else:
                line.sendto(b"x", address)
                sent += 1
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    return {"sent": sent, "missed": missed, "grants": grants, "cpu_s": time.process_time() - began}


if __name__ == "__main__":
    arguments = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    try:
        import uvloop
    except ImportError:
        asyncio.run(main(*arguments))
    else:
        uvloop.run(main(*arguments))
