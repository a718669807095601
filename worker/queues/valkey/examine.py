"""Looks at the server and at the queue, which may not have been made yet; nothing is written there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.finding import Finding
from worker.queues.lost import LOST_S, lost_leases
from worker.queues.valkey.address import read_address
from worker.queues.valkey.condition import findings_of, read_condition
from worker.queues.valkey.connection import Connection


async def examine(connection: Connection, now: float) -> list[Finding]:
    """What is worth knowing of the server and of the queue, at ``now`` in epoch seconds.

    Raises:
        StoreAwayError: there is no connection.
    """
    jobs, first = await connection.ask(
        ("ZCOUNT", "leased", "-inf", repr(now - LOST_S)), ("ZRANGE", "leased", 0, 0, "WITHSCORES")
    )
    lost = lost_leases(jobs, float(first[1]) if first else None, now)
    return [*findings_of(await read_condition(connection)), lost]


async def is_made(url: str) -> bool:
    """Whether there is a queue at a URL.

    Raises:
        StoreError: the server cannot be reached, or refuses us.
        ConfigError: the URL cannot be used.
    """
    async with _connected(url) as connection:
        return await _is_made(connection)


async def unopened(url: str) -> list[Finding]:
    """What can be said of the server of a queue that opening would make; nothing where there is one.

    Raises:
        StoreError: the server cannot be reached, or refuses us.
        ConfigError: the URL cannot be used.
    """
    async with _connected(url) as connection:
        if await _is_made(connection):
            return []
        unmade = Finding("ok", "queue", f"{connection.shown} has no queue yet: the first submit makes it")
        return [unmade, *findings_of(await read_condition(connection))]


async def _is_made(connection: Connection) -> bool:
    (found,) = await connection.ask(("EXISTS", "last"))  # it has the form, from the first moment on, and every number
    return bool(found)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    connection = Connection(read_address(url))
    try:
        yield connection
    finally:
        await connection.close()
