"""A SQLite store in a folder of its own, and stores on servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from worker.queues.postgres.store import PostgresStore
from worker.queues.sqlite import SqliteStore
from worker.queues.valkey import ValkeyStore
from worker.testing import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Time that a test moves."""
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store's file is, or will be."""
    return tmp_path / "queue.db"


@pytest.fixture
async def store(path: Path, clock: ManualClock) -> AsyncIterator[SqliteStore]:
    """A store over a new file."""
    store = await SqliteStore.open(path, clock)
    yield store
    await store.close()


@pytest.fixture
async def open_valkey(clock: ManualClock) -> AsyncIterator[Callable[..., Awaitable[ValkeyStore]]]:
    """``open_valkey(url)``: a store that is closed when the test ends."""
    async with AsyncExitStack() as stack:

        async def begin(url: str, **options: float) -> ValkeyStore:
            store = await ValkeyStore.open(url, clock, **options)
            stack.push_async_callback(store.close)
            return store

        yield begin


@pytest.fixture
async def valkey(open_valkey: Callable[..., Awaitable[ValkeyStore]], valkey_prefix: str) -> ValkeyStore:
    """A store with a prefix of its own."""
    return await open_valkey(valkey_prefix)


@pytest.fixture
async def open_postgres(clock: ManualClock) -> AsyncIterator[Callable[..., Awaitable[PostgresStore]]]:
    """``open_postgres(url)``: a store that is closed when the test ends."""
    async with AsyncExitStack() as stack:

        async def begin(url: str, **options: float) -> PostgresStore:
            store = await PostgresStore.open(url, clock, **options)
            stack.push_async_callback(store.close)
            return store

        yield begin


@pytest.fixture
async def postgres(open_postgres: Callable[..., Awaitable[PostgresStore]], postgres_schema: str) -> PostgresStore:
    """A store with a schema of its own."""
    return await open_postgres(postgres_schema)
