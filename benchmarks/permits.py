"""A worker without HTTP: the same quota, store and pacer, and a datagram where the request would be.

Run as ``python -m benchmarks.permits QUEUE RATE SECONDS PORT``; prints how many it sent, how many slots it missed, and
its CPU time.
"""

import asyncio
import socket
import sys
import time

import orjson

from worker.clock import SystemClock
from worker.job import Lane
from worker.limits.budget import from_settings
from worker.limits.pacer import Pacer
from worker.ports import Ask
from worker.queues.sqlite import SqliteStore
from worker.settings import LimitSettings

_LANE = Lane("shop", "createOrder")
_MOST = 2_000  # slots of one grant: more than a tenth of a second holds at 10,000 per second
_SHORTEST_S = 0.001


async def main(queue: str, rate: float, seconds: float, port: int) -> None:
    """Send until the time is over."""
    clock = SystemClock()
    store = await SqliteStore.open(queue, clock)
    budgets = {"shop": [from_settings(LimitSettings(rate=rate, per_s=1.0))]}
    quota, pacer = store.quota(budgets), Pacer(budgets)
    address = ("127.0.0.1", port)
    sent = missed = 0
    began, end = time.process_time(), clock.now() + seconds
    slots: asyncio.Queue[tuple[float, float]] = asyncio.Queue()

    async def ask() -> None:
        while True:
            (grant,) = await quota.grant([Ask(_LANE, _MOST)])
            for slot in grant.slots:
                slots.put_nowait((slot, grant.late_s))
            await clock.sleep(grant.wait_s)

    asking = asyncio.create_task(ask())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        while clock.now() < end:
            slot, late_s = await slots.get()
            while (wait_s := slot - clock.now()) > 0:
                await clock.sleep(max(wait_s, _SHORTEST_S))
            await pacer.depart(_LANE)
            if clock.now() > slot + late_s:
                missed += 1
            else:
                line.sendto(b"x", address)
                sent += 1
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await store.close()
    print(orjson.dumps({"sent": sent, "missed": missed, "cpu_s": time.process_time() - began}).decode())


if __name__ == "__main__":
    arguments = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    try:
        import uvloop
    except ImportError:
        asyncio.run(main(*arguments))
    else:
        uvloop.run(main(*arguments))
