"""A pooler stands between workers and server, such as pgbouncer; it takes less than the server does."""

import asyncio

import asyncpg
import pytest

from worker.clock import SystemClock
from worker.errors import StoreError, StoreGoneError
from worker.queues.postgres.store import PostgresStore
from worker.queues.postgres.translation import translated

_SSL_REQUEST = 8  # bytes


async def test_a_connection_begins_with_nothing_that_a_pooler_refuses() -> None:
    """Settings are told once it is there: pgbouncer lets nobody in who brings them along."""
    begun = bytearray()

    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(_SSL_REQUEST)
        writer.write(b"N")
        size = await reader.readexactly(4)
        begun.extend(await reader.readexactly(int.from_bytes(size, "big") - 4))
        writer.close()

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as pooler:
        port = pooler.sockets[0].getsockname()[1]
        with pytest.raises(StoreGoneError):
            await PostgresStore.open(f"postgresql://ada:secret@127.0.0.1:{port}/jobs?schema=shop", SystemClock())
    names = bytes(begun[4:]).split(b"\0")[::2]  # and their values between them
    assert set(names) - {b""} == {b"client_encoding", b"user", b"database", b"application_name"}


@pytest.mark.parametrize(
    "kind", [asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError], ids=["there", "not there"]
)
def test_connections_that_are_shared_by_transaction_are_told(kind: type[asyncpg.PostgresError]) -> None:
    """What one of ours has prepared another finds, or does not find, by chance."""
    with pytest.raises(StoreError, match="give workers a pool in session mode"), translated("x", "preflight"):
        raise kind("prepared statement")
