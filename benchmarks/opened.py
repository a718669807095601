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
    """How many statements or commands the server has been sent so far; 0 of a file."""
    if url.startswith("postgresql"):
        return asyncio.run(_transactions(url))
    if url.startswith("valkey"):
        with redis.Redis.from_url(url.replace("valkey://", "redis://")) as client:
            return int(client.info("stats")["total_commands_processed"])
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
