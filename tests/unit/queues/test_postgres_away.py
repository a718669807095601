"""A server that goes away is an error that says so and passes, whatever way it goes."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.chaos.wire import Wire
from tests.servers.postgres import PostgresServer
from worker.errors import StoreBusyError, StoreError, StoreGoneError
from worker.job import Entry, Lane, State
from worker.outcome import Delivered, Settlement
from worker.ports import Want
from worker.queues.postgres.session import Transaction
from worker.queues.postgres.store import PostgresStore
from worker.queues.postgres.translation import translated

Open = Callable[..., Awaitable[PostgresStore]]

LANE = Lane("shop", "order")
JOBS = [Entry(str(n), LANE, f'{{"id":"{n}"}}') for n in range(10)]


async def test_a_killed_server_is_used_again_when_it_is_back(
    open_postgres: Open, own_postgres: Callable[..., PostgresServer]
) -> None:
    """What it said was accepted is there; a settlement that is asked for again is recorded once."""
    server = own_postgres(durable=True)
    store = await open_postgres(server.url)
    await store.queue.enqueue(JOBS)
    leases = await store.queue.lease([Want(LANE, 10)], 600)
    assert all(await store.queue.settle([Settlement(lease, Delivered()) for lease in leases[:5]]))

    await asyncio.to_thread(server.kill)
    with pytest.raises(StoreGoneError) as gone:
        await store.queue.settle([Settlement(lease, Delivered()) for lease in leases])
    await asyncio.to_thread(server.start)

    assert await store.queue.settle([Settlement(lease, Delivered()) for lease in leases]) == [True] * 10
    assert (await store.ledger.counts()).states[State.DELIVERED] == 10
    assert server.password not in str(gone.value)


async def test_a_server_that_is_not_there_is_gone(
    open_postgres: Open, own_postgres: Callable[..., PostgresServer]
) -> None:
    """Also when the store is opened; the message has no password."""
    server = own_postgres()
    server.stop()

    with pytest.raises(StoreGoneError, match=r"postgresql://postgres:\.\.\.@127\.0\.0\.1.* is away") as gone:
        await open_postgres(server.url)

    assert server.password not in str(gone.value)


async def test_a_connection_that_is_cut_is_replaced(open_postgres: Open, postgres_schema: str) -> None:
    """The call that it was cut under fails, the next one works."""
    with Wire(postgres_schema) as wire:
        store = await open_postgres(wire.url)
        await store.queue.enqueue(JOBS)
        wire.cut()
        with pytest.raises(StoreGoneError):
            await store.queue.lease([Want(LANE, 10)], 60)

        wire.mend()

        assert len(await store.queue.lease([Want(LANE, 10)], 60)) == 10
        await store.close()


async def test_a_server_that_says_nothing_is_gone(open_postgres: Open, postgres_schema: str) -> None:
    """A connection that is half open ends in an error; work that the server may have done may be asked for again."""
    with Wire(postgres_schema) as wire:
        store = await open_postgres(wire.url, answer_s=0.5)
        await store.queue.enqueue(JOBS)
        wire.silence()

        with pytest.raises(StoreGoneError, match="no answer"):
            await store.queue.enqueue(JOBS)
        wire.mend()

        assert len((await store.queue.enqueue(JOBS)).duplicates) == 10
        await store.close()


async def test_a_server_that_says_nothing_keeps_nobody_from_closing(open_postgres: Open, postgres_schema: str) -> None:
    """What it was told last, it may or may not have heard."""
    with Wire(postgres_schema) as wire:
        store = await open_postgres(wire.url, answer_s=0.5)
        await store.queue.lanes()
        wire.silence()

        await store.close()

        with pytest.raises(StoreError, match="was closed"):
            await store.queue.lanes()


async def test_a_lock_that_is_held_too_long_is_busy(open_postgres: Open, postgres_schema: str) -> None:
    """Trying again helps, and nothing was done."""
    holder = await open_postgres(postgres_schema)
    await holder.queue.enqueue(JOBS)
    (lease,) = await holder.queue.lease([Want(LANE, 1)], 600)
    other = await open_postgres(f"{postgres_schema}&lock_timeout=50ms")

    async def held(transaction: Transaction) -> None:
        await transaction.answer("SELECT FROM preflight.jobs FOR UPDATE")
        with pytest.raises(StoreBusyError, match=r"is busy \(.*lock timeout\): trying again helps"):
            await other.queue.settle([Settlement(lease, Delivered())])

    await holder._session.transaction(held)

    assert await other.queue.settle([Settlement(lease, Delivered())]) == [True]


async def test_a_server_without_a_free_connection_is_away(
    open_postgres: Open, own_postgres: Callable[..., PostgresServer]
) -> None:
    """It will have one again: this is no reason to end."""
    server = own_postgres(
        settings={"max_connections": "5", "superuser_reserved_connections": "0", "max_wal_senders": "0"}
    )
    first = await open_postgres(server.url)

    async def taken(depth: int) -> None:
        async with first._session._pool.connection():
            if depth:
                await taken(depth - 1)
            else:
                with pytest.raises(StoreGoneError, match="too many clients"):
                    await asyncio.gather(*(open_postgres(server.url) for _ in range(3)))

    await taken(3)


def test_a_connection_that_uvloop_has_closed_already_is_gone() -> None:
    """It says so before the client does; any other such error is a bug, and stays what it is."""
    closed = RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    with pytest.raises(StoreGoneError, match=r"x is away \(the connection broke\)"), translated("x", "preflight"):
        raise closed
    with pytest.raises(RuntimeError, match="no running event loop"), translated("x", "preflight"):
        raise RuntimeError("no running event loop")
