"""Tables are made once, whoever comes first, and those of another version are left alone."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from worker.errors import ConfigError, StoreError, StoreGoneError
from worker.job import Entry, Lane
from worker.queues.postgres import migrating
from worker.queues.postgres.migrating import migrate, migrations, version
from worker.queues.postgres.store import PostgresStore

Open = Callable[..., Awaitable[PostgresStore]]

LATEST = len(migrations())


async def versions(store: PostgresStore) -> list[int]:
    """All that are noted."""
    return [row["version"] for row in await store._session.answer("SELECT version FROM preflight.meta")]


async def test_ten_workers_may_start_at_once(open_postgres: Open, postgres_schema: str) -> None:
    """One of them makes the tables, the others find them."""
    stores = await asyncio.gather(*(open_postgres(postgres_schema) for _ in range(10)))

    assert await versions(stores[0]) == [LATEST]


async def test_migrating_says_from_where_to_where(open_postgres: Open, postgres_schema: str) -> None:
    """Version 0 is that of no tables; what is up to date is left as it is."""
    assert await migrate(postgres_schema) == (0, LATEST)
    assert await migrate(postgres_schema) == (LATEST, LATEST)

    assert await versions(await open_postgres(postgres_schema)) == [LATEST]


async def test_an_older_schema_is_refused_until_it_is_migrated(
    open_postgres: Open, postgres_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker changes no tables that others of an older version may be using; a person does."""
    store = await open_postgres(postgres_schema)
    await store.queue.enqueue([Entry("1", Lane("shop", "order"), "{}")])
    later = (*migrations(), "ALTER TABLE preflight.jobs ADD COLUMN colour text; CREATE TABLE preflight.more ();")
    monkeypatch.setattr(migrating, "migrations", lambda: later)

    with pytest.raises(StoreError, match=r"older Preflight \(schema 1, this one needs 2\).*preflight queue migrate"):
        await open_postgres(postgres_schema)
    assert await migrate(postgres_schema) == (LATEST, LATEST + 1)

    again = await open_postgres(postgres_schema)
    assert [row["colour"] for row in await again._session.answer("SELECT colour FROM preflight.jobs")] == [None]


async def test_a_step_that_fails_leaves_nothing_behind(
    open_postgres: Open, postgres_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is one transaction."""
    store = await open_postgres(postgres_schema)
    later = (*migrations(), "CREATE TABLE preflight.more (); SELECT 1 / 0;")
    monkeypatch.setattr(migrating, "migrations", lambda: later)

    with pytest.raises(StoreError, match="division by zero"):
        await migrate(postgres_schema)

    assert await versions(store) == [LATEST]
    ((more,),) = await store._session.answer("SELECT to_regclass('preflight.more')")
    assert more is None


async def test_a_newer_schema_is_refused(open_postgres: Open, postgres_schema: str) -> None:
    """By workers and by the command."""
    store = await open_postgres(postgres_schema)
    await store._session.answer("UPDATE preflight.meta SET version = 99")

    with pytest.raises(StoreError, match=r"newer Preflight \(schema 99, this one knows 1\): upgrade"):
        await open_postgres(postgres_schema)
    with pytest.raises(StoreError, match="upgrade"):
        await migrate(postgres_schema)


async def test_a_schema_of_another_program_is_left_alone(
    open_postgres: Open, postgres_schema: str, postgres_url: str
) -> None:
    """Whoever has a table of the same name is told to name another schema."""
    schema = postgres_schema.rpartition("=")[2]
    other = await asyncpg.connect(postgres_url)
    await other.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.jobs (id int)")

    with pytest.raises(StoreError, match=r"already exists.*name another one"):
        await open_postgres(postgres_schema)

    assert await other.fetchval(f"SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'") == 1  # noqa: S608
    await other.close()


async def test_no_rights_are_needed_beyond_a_schema_of_ones_own(
    open_postgres: Open, postgres_schema: str, postgres_url: str
) -> None:
    """A user who may make none is told what its owner has to do; then everything works."""
    schema = postgres_schema.rpartition("=")[2]
    owner = await asyncpg.connect(postgres_url)
    await owner.execute(f"CREATE ROLE r_{schema} LOGIN PASSWORD 'hidden'")
    host = postgres_schema.rpartition("@")[2]
    url = f"postgresql://r_{schema}:hidden@{host}"

    with pytest.raises(StoreError, match=f"CREATE SCHEMA {schema} AUTHORIZATION") as refused:
        await open_postgres(url)
    await owner.execute(f"CREATE SCHEMA {schema} AUTHORIZATION r_{schema}")
    store = await open_postgres(url)

    assert (await store.queue.enqueue([Entry("1", Lane("shop", "order"), "{}")])).accepted == 1
    assert "hidden" not in str(refused.value)
    await store.close()
    await owner.execute(f"DROP SCHEMA {schema} CASCADE; DROP ROLE r_{schema}")
    await owner.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("schema=", "schema=no-good"), "schema=no-good.* is no name for a schema: write up to 40"),
        (("/postgres?", "/nowhere?"), 'database "nowhere" does not exist: name a database that exists'),
        (("postgres:", "nobody:"), "lets nobody in with this user and password"),
        (("?", "?sslmode=perhaps&"), "sslmode"),
        (("?", "?statement_timeout=soon&"), "invalid value"),
    ],
)
async def test_a_url_that_cannot_be_used_says_why_and_not_its_password(
    open_postgres: Open, postgres_schema: str, change: tuple[str, str], told: str
) -> None:
    """What is wrong, where, and what to do."""
    url = postgres_schema.replace(*change, 1)
    password = postgres_schema.split(":")[2].partition("@")[0]

    with pytest.raises((ConfigError, StoreError), match=told) as error:
        await open_postgres(url)

    assert password not in str(error.value)
    assert not isinstance(error.value, StoreGoneError)


async def test_asking_for_the_version_makes_nothing(open_postgres: Open, postgres_schema: str) -> None:
    """0 is that of a schema that does not exist."""
    assert [await version(postgres_schema), await version(postgres_schema)] == [0, 0]

    await open_postgres(postgres_schema)

    assert await version(postgres_schema) == LATEST
