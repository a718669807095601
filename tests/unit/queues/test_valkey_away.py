"""A server that goes away, comes back, forgets, or says nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import psutil
import pytest
import redis.asyncio
import uvloop

from worker.errors import StoreError, StoreFullError, StoreGoneError
from worker.job import Entry, Lane, Scope, Standstill, State, Stop
from worker.limits.budget import from_settings
from worker.outcome import Delivered, Settlement
from worker.ports import Accepted, Ask, Want
from worker.queues.valkey import ValkeyStore
from worker.settings import LimitSettings

LANE = Lane("shop", "order")


def entries(*ids: str, size: int = 10) -> list[Entry]:
    """Jobs with these ids."""
    return [Entry(id_, LANE, f'{{"id":"{id_}","body":"{"x" * size}"}}') for id_ in ids]


def plain(url: str) -> str:
    """The URL as the client reads it."""
    return url.replace("valkey:", "redis:")


async def test_a_killed_server_with_an_append_only_file_forgets_nothing(own_valkey: Any, open_valkey: Any) -> None:
    """Leases that were out hold when it is back, and settle; so do those of whoever asks twice."""
    server = own_valkey(durable=True)
    store = await open_valkey(server.url)
    await store.queue.enqueue(entries("a", "b", "c"))
    a, b = await store.queue.lease([Want(LANE, 2)], 60)
    await store.queue.settle([Settlement(a, Delivered())])

    server.kill()
    with pytest.raises(StoreGoneError, match=r"no connection to valkey://:\.\.\.@127"):
        await store.queue.settle([Settlement(b, Delivered())])
    server.start()

    assert await store.queue.settle([Settlement(a, Delivered()), Settlement(b, Delivered())]) == [True, True]
    assert await store.queue.enqueue(entries("c", "d")) == Accepted(1, (0,))
    states = (await store.ledger.counts()).states
    assert {state: jobs for state, jobs in states.items() if jobs} == {State.READY: 2, State.DELIVERED: 2}


async def test_an_emptied_server_is_an_empty_queue(own_valkey: Any, open_valkey: Any, clock: Any) -> None:
    """Leases from before are lost, and settle nothing of the jobs that came since, which have the same numbers."""
    server = own_valkey()
    store = await open_valkey(server.url)
    await store.queue.enqueue(entries("a", "b"))
    before = await store.queue.lease([Want(LANE, 2)], 60)
    clock.advance(1)

    async with redis.asyncio.Redis.from_url(plain(server.url)) as admin:
        await admin.flushall()
    assert await store.queue.settle([Settlement(before[0], Delivered())]) == [False]
    assert await store.queue.renew(before, 60) == [False, False]
    assert await store.queue.lanes() == []
    await store.queue.enqueue(entries("c", "d"))
    since = await store.queue.lease([Want(LANE, 2)], 60)

    assert [one.seq for one in since] == [one.seq for one in before]
    assert await store.queue.settle([Settlement(one, Delivered()) for one in (*before, *since)]) == [
        False,
        False,
        True,
        True,
    ]


async def test_a_server_that_says_nothing_is_gone(own_valkey: Any, open_valkey: Any) -> None:
    """A connection that is open at one end only does not hold up a worker for ever; afterwards it works again."""
    server = own_valkey()
    store = await open_valkey(server.url, answer_s=1.0)
    await store.queue.enqueue(entries("a"))
    async with redis.asyncio.Redis.from_url(plain(server.url)) as admin:
        process = psutil.Process((await admin.info("server"))["process_id"])

    process.suspend()
    with pytest.raises(StoreGoneError, match="no connection to"):
        await store.queue.lanes()
    with pytest.raises(StoreGoneError, match="no connection to"):
        await store.queue.enqueue(entries("b"))
    process.resume()

    await store.queue.enqueue(entries("b"))
    assert [one.payload["id"] for one in await store.queue.lease([Want(LANE, 5)], 60)] == ["a", "b"]


async def test_nobody_listens_there(own_valkey: Any, open_valkey: Any) -> None:
    """Nor can a store be opened."""
    server = own_valkey()
    server.stop()

    with pytest.raises(StoreGoneError) as refused:
        await open_valkey(server.url)

    assert server.password not in str(refused.value)


async def test_a_cancelled_lease_is_given_back(own_valkey: Any, open_valkey: Any) -> None:
    """As if it had never been: at once, and with no expiry counted. What comes next is answered to who asked."""
    server = own_valkey()
    store = await open_valkey(server.url)
    await store.queue.enqueue(entries(*"abcdefgh"))

    for turns in range(8):
        leasing = asyncio.create_task(store.queue.lease([Want(LANE, 5)], 60))
        for _ in range(turns):
            await asyncio.sleep(0)  # noqa: TID251 - each turn cancels it at another await
        leasing.cancel()
        await asyncio.wait([leasing])
        counting = asyncio.create_task(store.ledger.counts())
        for _ in range(turns):
            await asyncio.sleep(0)  # noqa: TID251 - the same
        counting.cancel()
        await asyncio.wait([counting])
    await store.queue.close()

    leases = await store.queue.lease([Want(LANE, 9)], 60)
    assert [(one.payload["id"], one.expiries) for one in leases] == [(id_, 0) for id_ in "abcdefgh"]


async def test_a_cancelled_settle_may_be_asked_for_again(own_valkey: Any, open_valkey: Any) -> None:
    """Whether it was done or not."""
    store = await open_valkey(own_valkey().url)
    await store.queue.enqueue(entries(*"abcdef"))
    leases = await store.queue.lease([Want(LANE, 6)], 60)

    for turns, lease in enumerate(leases):
        settling = asyncio.create_task(store.queue.settle([Settlement(lease, Delivered())]))
        for _ in range(turns):
            await asyncio.sleep(0)  # noqa: TID251 - each turn cancels it at another await
        settling.cancel()
        await asyncio.wait([settling])

    assert all(await store.queue.settle([Settlement(one, Delivered()) for one in leases]))
    assert len((await store.ledger.results())[0]) == 6


async def test_a_full_server_takes_no_jobs_and_loses_none(own_valkey: Any, open_valkey: Any, clock: Any) -> None:
    """The message says what to do; what was taken can be worked, within its budgets, and stopped."""
    store = await open_valkey(own_valkey(settings={"maxmemory": "12mb"}).url)
    taken = 0

    async def fill() -> None:
        nonlocal taken
        while True:
            taken += (await store.queue.enqueue(entries(*(f"{taken + n}" for n in range(50)), size=5_000))).accepted

    with pytest.raises(StoreFullError, match=r"raise its maxmemory, or set queue\.retention"):
        await fill()

    assert (await store.ledger.counts()).states[State.READY] == taken > 0
    leases = await store.queue.lease([Want(LANE, 256)], 60)
    assert all(await store.queue.renew(leases, 60, sent=True))
    budget = from_settings(LimitSettings(rate=100, per_s=1))
    (grant,) = await store.quota({"shop": [budget]}).grant([Ask(LANE, 5)])
    assert len(grant.slots) == 5
    stop = Stop(Scope("shop"), Standstill.CLOSED, "nobody answers", clock.now())
    await store.stops.put([stop])
    assert await store.stops.all() == [stop]
    assert all(await store.queue.settle([Settlement(one, Delivered()) for one in leases]))


async def test_a_wrong_password_is_no_server_that_is_away(own_valkey: Any, open_valkey: Any) -> None:
    """Trying again would not help; neither password is shown."""
    server = own_valkey()

    with pytest.raises(StoreError, match=r"refuses the password .*: correct queue.url") as refused:
        await open_valkey(server.url.replace(server.password, "hunter2"))

    assert not isinstance(refused.value, StoreGoneError)
    assert "hunter2" not in str(refused.value)


async def test_idle_workers_are_woken(valkey: Any, clock: Any) -> None:
    """By whatever makes jobs ready; the clock stands still, so nothing else could."""
    await valkey.bell.rest(3600)  # it rings once when it begins to listen
    acts: tuple[Callable[[], Awaitable[Any]], ...] = (partial(valkey.queue.enqueue, entries("a")), valkey.queue.reclaim)
    for act in acts:
        resting = asyncio.create_task(valkey.bell.rest(3600))
        await act()
        await resting
        await valkey.queue.lease([Want(LANE, 1)], -1)

    assert 0.5 < valkey.bell.poll_s <= 1.0
    assert clock.sleepers == 0


def test_a_connection_that_broke_under_uvloop_is_no_bug(valkey_prefix: str, clock: Any) -> None:
    """That loop has an error of its own for it; the next call has a new connection."""

    async def work() -> None:
        store = await ValkeyStore.open(valkey_prefix, clock)
        for connection in store._connection._client.connection_pool._available_connections:
            connection._writer.transport.abort()
        with pytest.raises(StoreGoneError, match="no connection to"):
            await store.queue.lanes()
        assert await store.queue.lanes() == []
        await store.close()

    uvloop.run(work())
