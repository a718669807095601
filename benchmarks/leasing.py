"""A process that only uses a store: it puts jobs in, takes them out, or holds them until it is killed.

Run as ``python -m benchmarks.leasing put|take|hold URL FIRST JOBS``. Says ``ready`` once the store is open, begins when
it is sent a line, and prints how many jobs it had and how long it waited for the store.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final

import orjson

from benchmarks import jobs
from worker import service
from worker.job import Entry, Lane
from worker.outcome import Attempt, Delivered, Settlement
from worker.ports import Queue, Want
from worker.settings import QueueSettings, Settings

LANE: Final = Lane("shop", "createOrder")
_PUT: Final = 4_000  # entries of one call: about what `submit` puts
_TAKE: Final = 256  # leases of one call, and settlements: what a busy worker takes
_LEASE_S: Final = 60.0
_HELD_S: Final = 2.0
_REPLY: Final = '{"ok":true}'


def entries(first: int, count: int) -> list[Entry]:
    """So many jobs from this number on."""
    made = (jobs.job(number) for number in range(first, first + count))
    return [Entry(job["id"], LANE, orjson.dumps(job).decode()) for job in made]


async def put(queue: Queue, first: int, count: int) -> float:
    """Accept jobs, in batches; seconds in the store: making up jobs is not what is measured."""
    seconds = 0.0
    for start in range(first, first + count, _PUT):
        batch = entries(start, min(_PUT, first + count - start))
        began = time.perf_counter()
        await queue.enqueue(batch)
        seconds += time.perf_counter() - began
    return seconds


async def take(queue: Queue, _: int, most: int) -> float:
    """Lease and settle, one batch after the other, until so many are done; seconds. Others may take some of them."""
    began, done = time.perf_counter(), 0
    while done < most and (leases := await queue.lease([Want(LANE, min(_TAKE, most - done))], _LEASE_S)):
        attempt = Attempt(1, time.time(), 12.5, 201, None, _REPLY)
        await queue.settle([Settlement(lease, Delivered(), attempt) for lease in leases])
        done += len(leases)
    return time.perf_counter() - began


async def hold(queue: Queue, _: int, most: int) -> float:
    """Lease, and never settle."""
    await queue.lease([Want(LANE, most)], _HELD_S)
    print("held", flush=True)
    await asyncio.Event().wait()
    return 0.0


WORK: Final[dict[str, Callable[[Queue, int, int], Awaitable[float]]]] = {"put": put, "take": take, "hold": hold}


def settings_of(url: str) -> Settings:
    """A config that names this store and nothing else."""
    return Settings(queue=QueueSettings(url=url))


async def main(what: str, url: str, first: int, count: int) -> None:
    """Wait for the word, work, tell."""
    async with service.open_store(settings_of(url), service.system_clock()) as store:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(await WORK[what](store.queue, first, count), flush=True)


if __name__ == "__main__":
    service.tune()
    service.run_async(lambda: main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
