"""A queue in a cluster: all of its keys are on one node."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis.asyncio

from tests.servers.process import free_port
from worker.errors import StoreAwayError, StoreError
from worker.failure import Selection
from worker.job import Entry, Lane, State
from worker.outcome import Cause, Dead, Delivered, Problem, Settlement
from worker.ports import Accepted, Edit, Ready, Want

LANE = Lane("shop", "order")
CLUSTER = {"cluster-enabled": "yes"}


@pytest.fixture
async def node(own_valkey: Any) -> Any:
    """A cluster of one node that has all slots, with an append-only file."""
    settings = {**CLUSTER, "cluster-port": str(free_port()), "cluster-announce-ip": "127.0.0.1"}
    server = own_valkey(durable=True, settings=settings)
    async with redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:"), decode_responses=True) as admin:
        await admin.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")  # type: ignore[no-untyped-call]
    return server


async def eventually(told: Callable[[], Awaitable[Any]]) -> Any:
    """Ask until the store is there, a bounded number of times: a node that was just started waits before it works."""
    for _ in range(1_000):
        try:
            return await told()
        except StoreAwayError:
            await asyncio.sleep(0.01)  # noqa: TID251 - the server's own time
    pytest.fail("the node never came to work")


async def test_a_queue_lives_in_a_cluster(open_valkey: Any, node: Any, clock: Any) -> None:
    """Jobs in, out, failed, mended, forgotten; its bell; its time; what it is."""
    store = await eventually(lambda: open_valkey(f"{node.url}?cluster=true&prefix=orders"))
    entries = [Entry(str(n), LANE, f'{{"id":"{n}"}}', 0, None, n + 1) for n in range(600)]

    assert await store.queue.enqueue(entries, "a.jsonl") == Accepted(600)
    assert await store.queue.lanes() == [Ready(LANE, 256)]
    a, b, c = await store.queue.lease([Want(LANE, 3)], 60)
    problem = Problem(Cause.REJECTED, "judge", "refused", "no")
    assert await store.queue.settle([Settlement(a, Delivered()), Settlement(b, Dead(problem))]) == [True, True]
    assert [one.id for one in (await store.ledger.failures(Selection()))[0]] == ["1"]
    assert [one.id for one in (await store.ledger.results())[0]] == ["0"]
    assert [one.end.id for one in await store.ledger.endings()] == ["0", "1"]
    assert await store.ledger.payloads(["5"]) == {"5": '{"id":"5"}'}
    assert await store.ledger.replay([Edit("1", '{"id":"1","body":2}')]) == 1
    assert await store.queue.renew([c], 60) == [True]
    assert await store.archive.prune(clock.now() + 1) == 1
    assert (await store.ledger.counts()).states[State.READY] == 598
    assert [one.check for one in await store.examine()] == ["server", "memory", "persistence", "leases"]
    assert await store.server_time() > 0
    await store.bell.rest(3600)


async def test_a_node_that_restarts_is_away_and_comes_back(open_valkey: Any, node: Any) -> None:
    """With all that it had."""
    store = await eventually(lambda: open_valkey(f"{node.url}?cluster=true"))
    await store.queue.enqueue([Entry("a", LANE, '{"id":"a"}')])
    (lease,) = await store.queue.lease([Want(LANE, 1)], 60)

    node.kill()
    with pytest.raises(StoreAwayError):
        await store.queue.settle([Settlement(lease, Delivered())])
    node.start()

    assert await eventually(lambda: store.queue.settle([Settlement(lease, Delivered())])) == [True]


async def test_a_cluster_that_was_not_named_as_one_is_told_of(open_valkey: Any, own_valkey: Any) -> None:
    """A node that does not have the queue says where it is; the remedy is in the URL."""
    server = own_valkey(settings={**CLUSTER, "cluster-port": str(free_port())})

    with pytest.raises(StoreError):
        await open_valkey(server.url)
