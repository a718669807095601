"""A few connections that are given out one after the other, each of them whole when it is given out."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, TypeAlias

import asyncpg

from worker.errors import StoreError
from worker.queues.postgres.address import Address
from worker.queues.postgres.translation import translated

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Proxy: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_MOST: Final = 4  # what one worker asks for at the same time; 100 workers take 400 of their server's
_CONNECT_S: Final = 5.0
#: Later than the server's own statement_timeout, see ``address.py``: who says nothing by then is gone.
ANSWER_S: Final = 12.0
_CLOSE_S: Final = 3.0
_IDLE_S: Final = 300.0  # an idle connection costs its server some MB

#: Whoever has switched commits off for his whole server did not mean jobs that a user was told are safe.
_TELL: Final = (
    "SELECT set_config(name, value, FALSE) FROM unnest($1::text[], $2::text[]) AS told(name, value) "
    "WHERE name <> 'synchronous_commit' OR current_setting(name) = 'off'"
)

_UNUSABLE: Final = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError,  # after a failover: the next one may lead to the primary
    OSError,
    RuntimeError,  # see ``translation.py``
)


class Pool:
    """Connections to one address, made when they are needed."""

    def __init__(self, address: Address, answer_s: float) -> None:
        self._address = address
        self._closed = False
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool[asyncpg.Record] = asyncpg.create_pool(
            address.dsn,
            min_size=0,
            max_size=_MOST,
            timeout=min(_CONNECT_S, answer_s),
            command_timeout=answer_s,
            max_inactive_connection_lifetime=_IDLE_S,
            init=partial(tell, address.told(answer_s)),
            reset=_leave,
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Proxy]:
        """A connection until the block ends. One that broke, or does not answer, is never given out again.

        Raises:
            StoreError: whatever goes wrong with it, also within the block.
        """
        address = self._address
        if self._closed:
            raise StoreError(f"{address.shown} was closed")
        with translated(address.shown, address.schema):
            async with self._opening:
                await self._pool  # makes it ready, the first time
            async with self._pool.acquire() as connection:
                try:
                    yield connection
                except _UNUSABLE:
                    with suppress(asyncpg.InterfaceError):  # it has noticed by itself, and taken it back
                        connection.terminate()
                    raise

    async def close(self) -> None:
        """Give every connection back, after what is under way has ended."""
        self._closed = True
        with suppress(TimeoutError, asyncpg.InterfaceError, OSError):
            async with asyncio.timeout(_CLOSE_S):  # it hangs up on those who do not answer
                await self._pool.close()


async def reach(address: Address) -> Connection:
    """A connection that was told nothing yet; otherwise as ``connect``."""
    connection: Connection = await asyncpg.connect(address.dsn, timeout=_CONNECT_S, command_timeout=ANSWER_S)
    return connection


async def connect(address: Address, **settings: str) -> Connection:
    """A connection of one's own, which the caller closes; its errors are not translated."""
    connection = await reach(address)
    try:
        await tell({**address.told(ANSWER_S), **settings}, connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def tell(settings: Mapping[str, str], connection: Any) -> None:
    """Tell a connection how it is to be."""
    told = {**settings, "synchronous_commit": "on"}
    await connection.fetch(_TELL, list(told), list(told.values()))


async def _leave(_: Any) -> None:
    """Nothing of ours outlasts its transaction, so that nothing has to be put back: that would be a round trip more."""
