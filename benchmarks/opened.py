"""A store of each kind to measure, as durable as it is by default: PostgreSQL with fsync, Valkey with appendonly."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import asyncpg
import redis

from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer

#: What a worker sends to Valkey; all else is run by its scripts.
_SENT: Final = ("evalsha", "eval", "waitaof", "time", "ping", "subscribe", "ssubscribe", "info")

STORES: Final = ("sqlite", "postgres", "valkey")


@contextmanager
def opened(store: str) -> Iterator[str]:
    """A store of its own, empty; its URL."""
    with tempfile.TemporaryDirectory() as folder:
        if store == "sqlite":
            yield f"sqlite:///{folder}/queue.db"
            return
        server = PostgresServer(durable=True) if store == "postgres" else ValkeyServer(durable=True)
        with closing(server):
            yield server.start().url


def commands(url: str) -> int:
    """How many transactions or commands the server has been sent so far; 0 of a file.

    Those that a script of ours runs inside of the server are not among them.
    """
    if url.startswith("postgresql"):
        return asyncio.run(_transactions(url))
    if url.startswith("valkey"):
        with redis.Redis.from_url(url.replace("valkey://", "redis://")) as client:
            stats: dict[str, dict[str, int]] = client.info("commandstats")
            return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in _SENT)
    return 0


async def _transactions(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_stat_clear_snapshot()")
        await connection.execute("SELECT pg_sleep(1.1)")  # what a session has done is counted once a second
        found = await connection.fetchval("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database")
    finally:
        await connection.close()
    return int(found)
