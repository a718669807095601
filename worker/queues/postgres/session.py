"""PostgreSQL as the store sees it: named statements in, rows out; a batch is one statement and one round trip."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

import asyncpg

from worker.queues.postgres.address import Address
from worker.queues.postgres.pool import ANSWER_S, Pool, Proxy
from worker.queues.postgres.statements import placed, statement

T = TypeVar("T")

Rows: TypeAlias = list[asyncpg.Record]


class Statements(Protocol):
    """Who runs statements: a session, each in a transaction of its own, or one transaction."""

    async def rows(self, name: str, /, *values: Any) -> Rows:
        """What a named statement answers."""

    async def value(self, name: str, /, *values: Any) -> Any:
        """The first column of its only row; None without a row."""

    async def answer(self, sql: str, /, *values: Any) -> Rows:
        """What a statement answers that was put together."""


class Transaction:
    """One transaction on one connection, as the work that is done in it sees it."""

    def __init__(self, connection: Proxy, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    async def rows(self, name: str, /, *values: Any) -> Rows:
        """See ``Statements.rows``."""
        return await self.answer(statement(name), *values)

    async def value(self, name: str, /, *values: Any) -> Any:
        """See ``Statements.value``."""
        rows = await self.rows(name, *values)
        return rows[0][0] if rows else None

    async def answer(self, sql: str, /, *values: Any) -> Rows:
        """See ``Statements.answer``."""
        return await self._connection.fetch(placed(sql, self._schema), *values)


class Session:
    """Runs work on connections of a pool.

    A caller who is cancelled while waiting leaves its work running to its end: no transaction is ever cut in two.

    Args:
        answer_s: a server that says nothing for so long is gone.
    """

    def __init__(self, address: Address, answer_s: float = ANSWER_S) -> None:
        self.address = address
        self._pool = Pool(address, answer_s)
        self._running: set[asyncio.Task[Any]] = set()

    async def rows(self, name: str, /, *values: Any) -> Rows:
        """Run one named statement; what it changed is durable, unless it says otherwise itself.

        Args:
            name: of a file in ``sql/``.
            values: of its parameters.

        Raises:
            StoreError: see ``translation.py``.
        """
        return await self.answer(statement(name), *values)

    async def value(self, name: str, /, *values: Any) -> Any:
        """The first column of a statement's only row; None without a row."""
        rows = await self.rows(name, *values)
        return rows[0][0] if rows else None

    async def answer(self, sql: str, /, *values: Any) -> Rows:
        """The same for a statement that was put together."""
        return await self.single(lambda connected: connected.answer(sql, *values))

    async def single(self, work: Callable[[Transaction], Awaitable[T]], undo: Callable[[T], None] | None = None) -> T:
        """Do work of one statement, which is a transaction by itself; as ``transaction``."""
        return await self._to_its_end(self._alone(work), undo)

    async def transaction(
        self, work: Callable[[Transaction], Awaitable[T]], undo: Callable[[T], None] | None = None
    ) -> T:
        """Do work in one transaction (READ COMMITTED): all of it, or nothing.

        Args:
            work: its statements.
            undo: called with the answer of work that was done for a caller who was cancelled.

        Raises:
            StoreError: nothing was done; unless the connection broke, when that is not known.
        """
        return await self._to_its_end(self._whole(work), undo)

    def later(self, name: str, /, *values: Any) -> None:
        """Run one named statement with nobody to hear how it went."""
        work = self._alone(lambda connected: connected.rows(name, *values))
        self._begin(work).add_done_callback(partial(_undo, None))

    async def close(self) -> None:
        """Wait for what was asked already, then give the connections back."""
        while self._running:
            await asyncio.wait(self._running)
        await self._pool.close()

    async def _alone(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async with self._pool.connection() as connection:
            return await work(Transaction(connection, self.address.schema))

    async def _whole(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async with self._pool.connection() as connection, connection.transaction():
            return await work(Transaction(connection, self.address.schema))

    async def _to_its_end(self, work: Any, undo: Callable[[T], None] | None) -> T:
        task: asyncio.Task[T] = self._begin(work)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.add_done_callback(partial(_undo, undo))
            raise
        return task.result()

    def _begin(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _undo(undo: Callable[[T], None] | None, done: asyncio.Task[T]) -> None:
    if not done.cancelled() and done.exception() is None and undo is not None:
        undo(done.result())
