"""Another server takes over behind one name, or the same one is set up anew, while a worker works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import redis.asyncio
import structlog

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


class Name:
    """A port of its own that leads to a server; connections stay where they led to when they were made.

    Attributes:
        port: of the server that it leads to.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._writers: list[asyncio.StreamWriter] = []

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes, to and fro."""
        onward, back = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers += [writer, back]
        await asyncio.gather(self._pass(reader, back), self._pass(onward, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await reader.read(65_536):
                writer.write(part)
        writer.close()

    def cut(self) -> None:
        """End every connection."""
        for writer in self._writers:
            writer.close()


@pytest.fixture
async def name(own_valkey: Any) -> AsyncIterator[tuple[Name, str, Any]]:
    """A name, its URL and the server that it leads to."""
    server = own_valkey()
    name = Name(server.port)
    listening = await asyncio.start_server(name.lead, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield name, server.url.replace(f":{server.port}", f":{port}"), server
    listening.close()
    name.cut()


async def test_a_server_that_became_a_replica_is_left(
    name: tuple[Name, str, Any], own_valkey: Any, open_valkey: Any
) -> None:
    """With all connections to it, also those that listen: the next call goes to where the name leads by now."""
    leads, url, old = name
    store = await open_valkey(url)
    await asyncio.gather(*(store.queue.lanes() for _ in range(5)))
    await store.bell.rest(3600)
    new = own_valkey()
    async with admin(new) as client:
        await client.config_set("requirepass", old.password)
    leads.port = new.port
    async with admin(old) as client:
        await client.replicaof("127.0.0.1", 1)

    with pytest.raises(StoreGoneError, match="does not take writes for now"):
        await store.queue.enqueue([entry("a")])

    accepted = await asyncio.gather(*(store.queue.enqueue([entry(id_)]) for id_ in "abcde"))
    assert accepted == [Accepted(1)] * 5
    await store.bell.rest(3600)


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
