"""A queue whose server is found, and replaced, by sentinels."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any, NamedTuple

import pytest
import redis.asyncio

from tests.servers.process import HOST
from tests.servers.valkey import ValkeyServer
from worker.errors import StoreAwayError, StoreError
from worker.job import Entry, Lane
from worker.outcome import Delivered, Settlement
from worker.ports import Want

LANE = Lane("shop", "order")
ENTRIES = [Entry(id_, LANE, f'{{"id":"{id_}"}}') for id_ in "abc"]


class Replica(ValkeyServer):
    """A server that follows another, and is reached with the same password."""

    def __init__(self, primary: ValkeyServer) -> None:
        self.primary = primary
        super().__init__()
        self.password = primary.password

    def _command(self) -> list[str]:
        auth = ["--requirepass", self.password, "--primaryauth", self.password]
        return [*super()._command(), *auth, "--replicaof", HOST, str(self.primary.port)]


class Sentinel(ValkeyServer):
    """Looks after a server, alone."""

    def __init__(self, primary: ValkeyServer) -> None:
        super().__init__()
        self.config = self.folder / "sentinel.conf"
        told = (
            f"port {self.port}",
            f"requirepass {self.password}",
            f"sentinel monitor queue {HOST} {primary.port} 1",
            f"sentinel auth-pass queue {primary.password}",
            "sentinel down-after-milliseconds queue 2000",
        )
        self.config.write_text("\n".join(told), "utf-8")

    def _command(self) -> list[str]:
        return [self._program, str(self.config), "--sentinel"]

    def _ready(self, pid: int) -> bool:
        """Unlike other servers it does not hang up when it is asked to."""
        del pid
        try:
            with socket.create_connection((HOST, self.port), 5) as line:
                line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answers = line.makefile("rb")
                return b"+PONG" in (answers.readline(), answers.readline()[:5])
        except OSError:
            return False


class Servers(NamedTuple):
    """Three that run."""

    primary: ValkeyServer
    replica: Replica
    sentinel: Sentinel

    @property
    def url(self) -> str:
        """By way of the sentinel."""
        found = f"{HOST}:{self.sentinel.port}/0?sentinel=queue&sentinel_password={self.sentinel.password}"
        return f"valkey://:{self.primary.password}@{found}"


@pytest.fixture
def servers(own_valkey: Callable[..., ValkeyServer]) -> Iterator[Servers]:
    """A server, a replica of it and a sentinel."""
    primary = own_valkey()
    with ExitStack() as stack:
        replica = stack.enter_context(closing(Replica(primary)))
        sentinel = stack.enter_context(closing(Sentinel(primary)))
        yield Servers(primary, replica.start(), sentinel.start())


async def eventually(told: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is so, a bounded number of times."""
    for _ in range(2_000):
        if await told():
            return
        await asyncio.sleep(0.01)  # noqa: TID251 - the servers' own time
    pytest.fail("it never came to be so")


async def test_jobs_outlive_the_server_that_took_them(servers: Servers, open_valkey: Any) -> None:
    """The replica takes over, with leases and all; meanwhile the store is away, and says so."""
    url = servers.sentinel.url.replace("valkey:", "redis:")
    async with redis.asyncio.Redis.from_url(url, decode_responses=True) as admin:

        async def follows() -> bool:
            (told,) = await admin.sentinel_slaves("queue") or [{}]
            return bool(told.get("master-link-status") == "ok")

        await eventually(follows)
    store = await open_valkey(servers.url)
    await store.queue.enqueue(ENTRIES)
    (a,) = await store.queue.lease([Want(LANE, 1)], 60)
    async with redis.asyncio.Redis.from_url(servers.primary.url.replace("valkey:", "redis:")) as admin:
        await admin.set("last", "1")
        assert await admin.wait(1, 10_000) == 1

    await asyncio.to_thread(servers.primary.kill)
    with pytest.raises(StoreAwayError):
        await store.queue.settle([Settlement(a, Delivered())])

    async def is_back() -> bool:
        try:
            await store.queue.settle([])
            await store.queue.promote()
        except StoreAwayError:
            return False
        return True

    await eventually(is_back)
    assert await store.queue.settle([Settlement(a, Delivered())]) == [True]
    assert [one.payload["id"] for one in await store.queue.lease([Want(LANE, 9)], 60)] == ["b", "c"]


async def test_a_name_that_sentinels_do_not_know_is_told(servers: Servers, open_valkey: Any) -> None:
    """Without a password."""
    with pytest.raises(StoreError, match="No master found for 'other'") as refused:
        await open_valkey(servers.url.replace("sentinel=queue", "sentinel=other"))

    for secret in (servers.primary.password, servers.sentinel.password):
        assert secret not in str(refused.value)
