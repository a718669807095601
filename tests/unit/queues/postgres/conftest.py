"""Two workers' stores over one new schema of a PostgreSQL server, and a connection that sees their tables."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from worker.queues.postgres.store import PostgresStore
from worker.testing import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Time that a test moves."""
    return ManualClock()


@pytest.fixture
async def store(postgres_schema: str, clock: ManualClock) -> AsyncIterator[PostgresStore]:
    """A store over a new schema."""
    store = await PostgresStore.open(postgres_schema, clock)
    yield store
    await store.close()


@pytest.fixture
async def other(store: PostgresStore, postgres_schema: str, clock: ManualClock) -> AsyncIterator[PostgresStore]:
    """Another worker's store over the same schema."""
    del store  # it made the schema
    other = await PostgresStore.open(postgres_schema, clock)
    yield other
    await other.close()


@pytest.fixture
async def sql(store: PostgresStore, postgres_schema: str) -> AsyncIterator[Any]:
    """A connection for statements of the test's own, which name the store's tables without their schema."""
    del store  # it made the schema
    (schema,) = parse_qs(urlsplit(postgres_schema).query)["schema"]
    connection = await asyncpg.connect(postgres_schema.partition("?")[0], server_settings={"search_path": schema})
    yield connection
    await connection.close()
