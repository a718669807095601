"""Another server takes over behind one name, or the same one is set up anew, while a worker works."""

import asyncio
from typing import Any

import pytest
import redis.asyncio
import structlog

from tests.chaos.wire import Wire
from worker.errors import StoreGoneError
from worker.job import Entry, Lane
from worker.ports import Accepted

LANE = Lane("shop", "order")


def entry(id_: str) -> Entry:
    """A job with this id."""
    return Entry(id_, LANE, f'{{"id":"{id_}"}}')


def admin(server: Any) -> redis.asyncio.Redis:
    """A client of its own."""
    return redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:"))


async def waits(server: Any) -> int:
    """How often somebody has waited for its disk."""
    async with admin(server) as client:
        return int((await client.info("commandstats")).get("cmdstat_waitaof", {}).get("calls", 0))


async def rests(store: Any) -> None:
    """Rest until the bell rings; nothing else ends that, but for a bound."""
    async with asyncio.timeout(30):
        await store.bell.rest(3_600)


async def test_a_server_that_became_a_replica_is_left(own_valkey: Any, open_valkey: Any) -> None:
    """With all connections to it, also those that listen: the next call goes to where the name leads by now."""
    old, new = own_valkey(), own_valkey()
    with Wire(old.url) as name:
        store = await open_valkey(name.url)
        await asyncio.gather(*(store.queue.lanes() for _ in range(5)))
        await rests(store)
        async with admin(new) as client:
            await client.config_set("requirepass", old.password)
        name.lead_to(new.url)
        async with admin(old) as client:
            await client.replicaof("127.0.0.1", 1)

        with pytest.raises(StoreGoneError, match="does not take writes for now"):
            await store.queue.enqueue([entry("a")])

        accepted = await asyncio.gather(*(store.queue.enqueue([entry(id_)]) for id_ in "abcde"))
        assert accepted == [Accepted(1)] * 5
        await rests(store)


async def test_what_was_taken_in_while_the_log_of_changes_was_switched_off_is_in(
    own_valkey: Any, open_valkey: Any, clock: Any
) -> None:
    """That it may be lost is said once; when it is switched on again, it is waited for again."""
    server = own_valkey(durable=True)
    store = await open_valkey(server.url)
    with structlog.testing.capture_logs() as lines:
        await store.queue.enqueue([entry("a")])
        assert lines == []
        async with admin(server) as client:
            await client.config_set("appendonly", "no")
        assert [await store.queue.enqueue([entry(id_)]) for id_ in "bcd"] == [Accepted(1)] * 3
    (line,) = lines
    assert (line["event"], "appendonly is off" in line["detail"]) == ("store_not_durable", True)

    async with admin(server) as client:
        await client.config_set("appendonly", "yes")
    clock.advance(60)
    before = await waits(server)
    assert [await store.queue.enqueue([entry(id_)]) for id_ in "ef"] == [Accepted(1)] * 2
    assert await waits(server) >= before + 2


async def test_a_server_that_was_away_is_asked_anew_how_it_is_set_up(own_valkey: Any, open_valkey: Any) -> None:
    """It may be another by now."""
    server = own_valkey()
    store = await open_valkey(server.url)
    server.kill()
    with pytest.raises(StoreGoneError):
        await store.queue.lanes()
    server.start()
    async with admin(server) as client:
        await client.config_set("appendonly", "yes")
    before = await waits(server)

    assert [await store.queue.enqueue([entry(id_)]) for id_ in "ab"] == [Accepted(1)] * 2

    assert await waits(server) >= before + 2
