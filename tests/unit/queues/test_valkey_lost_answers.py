"""Leases whose answer never came: nobody has these jobs in hand."""

from collections.abc import Awaitable, Callable

import psutil
import pytest
import redis.asyncio

from tests.servers.valkey import ValkeyServer
from worker.errors import StoreAwayError
from worker.job import Entry, Lane
from worker.ports import Want
from worker.queues.valkey import ValkeyStore
from worker.testing import ManualClock

ORDER, REFUND = Lane("shop", "order"), Lane("shop", "refund")


@pytest.fixture
def server(own_valkey: Callable[..., ValkeyServer]) -> ValkeyServer:
    """One that can be made to say nothing."""
    return own_valkey()


async def _process(server: ValkeyServer) -> psutil.Process:
    async with redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:")) as admin:
        return psutil.Process((await admin.info("server"))["process_id"])


async def test_they_are_taken_back_and_counted_for_nothing(
    open_valkey: Callable[..., Awaitable[ValkeyStore]], server: ValkeyServer, clock: ManualClock
) -> None:
    """However often: no job is parked as one of which workers die, and none waits until its lease has run out."""
    store = await open_valkey(server.url, answer_s=0.5)
    held = await open_valkey(server.url)
    await store.queue.enqueue([Entry(lane.operation, lane, "{}") for lane in (ORDER, REFUND)])
    (other,) = await held.queue.lease([Want(REFUND, 1)], 60)
    process = await _process(server)
    clock.advance(1)

    for _ in range(3):
        process.suspend()
        with pytest.raises(StoreAwayError):
            await store.queue.lease([Want(ORDER, 10), Want(REFUND, 10)], 60)
        process.resume()

    (lease,) = await store.queue.lease([Want(ORDER, 10), Want(REFUND, 10)], 60)

    assert (lease.lane, lease.expiries) == (ORDER, 0)
    assert await held.queue.renew([other], 60) == [True]
