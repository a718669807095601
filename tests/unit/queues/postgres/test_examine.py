"""What ``preflight doctor`` says of a PostgreSQL server that is not well, and of one that is."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import asyncpg
import pytest

from tests.servers.postgres import PostgresServer
from worker.finding import Finding
from worker.job import Entry, Lane
from worker.ports import Want
from worker.queues.postgres.store import PostgresStore
from worker.testing import ManualClock

_SCHEMA = "ailing"


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[PostgresServer]:
    """A server that does not vacuum, lets transactions be prepared, and has few connections."""
    del postgres_url  # where there is none, there is no other
    settings = {"autovacuum": "off", "max_prepared_transactions": "2", "max_connections": "13"}
    with closing(PostgresServer(settings=settings)) as server:
        yield server.start()


@pytest.fixture
async def sql(server: PostgresServer) -> AsyncIterator[Any]:
    """A connection of somebody else's; what a test has changed is put back at its end."""
    connection = await asyncpg.connect(
        server.url, server_settings={"application_name": "reports", "search_path": _SCHEMA}
    )
    yield connection
    await connection.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE; DROP ROLE IF EXISTS worker, somebody")
    await connection.execute("ALTER DATABASE postgres RESET synchronous_commit")
    await connection.close()


@pytest.fixture
async def clock(sql: Any) -> ManualClock:
    """As that of the server, until a test moves it."""
    return ManualClock(await sql.fetchval("SELECT extract(epoch FROM clock_timestamp())::double precision"))


@pytest.fixture
async def store(server: PostgresServer, clock: ManualClock) -> AsyncIterator[PostgresStore]:
    """A store on that server."""
    store = await PostgresStore.open(f"{server.url}?schema={_SCHEMA}", clock)
    yield store
    await store.close()


async def found(store: PostgresStore, check: str) -> list[Finding]:
    """What one check says."""
    return [finding for finding in await store.examine() if finding.check == check]


async def test_a_server_that_is_well_gives_no_cause_to_act(postgres_schema: str) -> None:
    """Every check says what it has seen; a server of tests that does not wait for its disk is told to."""
    store = await PostgresStore.open(postgres_schema, ManualClock())
    findings = await store.examine()
    await store.close()

    assert {finding.check for finding in findings if finding.severity == "ok"} == {
        "server",
        "tables",
        "connections",
        "room",
        "days",
        "dead rows",
        "transactions",
        "replication",
        "leases",
    }
    problems = [finding for finding in findings if finding.severity == "problem"]
    assert {finding.check for finding in problems} == {"durability"}
    assert problems[0].detail.startswith("fsync is off")
    assert problems[0].remedy == "set fsync = on and restart the server"
    assert all((finding.remedy is None) == (finding.severity == "ok") for finding in findings)


async def test_dead_rows_that_nobody_takes_away_are_named(store: PostgresStore, sql: Any) -> None:
    """With the table, and how to take them away."""
    await sql.execute("INSERT INTO edits SELECT number, '' FROM generate_series(1, 12000) AS number")
    await sql.execute("DELETE FROM edits WHERE seq > 1000")
    await sql.execute("SELECT pg_stat_force_next_flush()")
    await sql.execute("SELECT 1")

    off, dead = await found(store, "dead rows")

    assert (off.severity, off.remedy) == ("problem", "set autovacuum = on")
    assert dead.severity == "warning"
    assert dead.detail == "ailing.edits has 11,000 dead rows beside 1,000; last vacuumed: never"
    assert dead.remedy is not None
    assert "VACUUM ailing.edits" in dead.remedy

    await sql.execute("VACUUM edits")
    assert [finding.remedy for finding in await found(store, "dead rows")] == ["set autovacuum = on"]


async def test_a_transaction_that_is_open_for_long_is_named(store: PostgresStore, clock: ManualClock, sql: Any) -> None:
    """With its process, its user and its program: without its end no dead row goes."""
    reading = sql.transaction(isolation="repeatable_read")
    await reading.start()
    process = await sql.fetchval("SELECT pg_backend_pid() FROM jobs UNION ALL SELECT pg_backend_pid()")
    assert [finding.severity for finding in await found(store, "transactions")] == ["ok"]

    clock.advance(20 * 60)
    (long,) = await found(store, "transactions")
    clock.advance(3 * 3600)
    (longer,) = await found(store, "transactions")
    await reading.rollback()

    told = f"a transaction of postgres (reports), process {process}, has been open for"
    assert long.severity == "warning"
    assert long.detail.startswith(f"{told} 20 min: rows that died")
    assert longer.severity == "problem"
    assert longer.detail.startswith(f"{told} 3 h: ")
    assert longer.remedy is not None
    assert f"pg_terminate_backend({process})" in longer.remedy
    assert [finding.severity for finding in await found(store, "transactions")] == ["ok"]


async def test_a_prepared_transaction_is_named(store: PostgresStore, clock: ManualClock, sql: Any) -> None:
    """It outlives its connection, and a restart of the server."""
    await sql.execute("BEGIN; INSERT INTO edits VALUES (1, ''); PREPARE TRANSACTION 'it''s lost'")
    clock.advance(2 * 3600 + 60)

    (finding,) = await found(store, "transactions")
    await sql.execute("ROLLBACK PREPARED 'it''s lost'")

    assert finding.severity == "problem"
    assert finding.detail.startswith("""transaction "it's lost" of postgres was prepared 2 h ago""")
    assert finding.remedy == "finish it: COMMIT PREPARED or ROLLBACK PREPARED 'it''s lost'"


async def test_too_few_connections_are_named(store: PostgresStore, server: PostgresServer) -> None:
    """Before the next worker finds none."""
    more = [await asyncpg.connect(server.url) for _ in range(6)]
    (finding,) = await found(store, "connections")
    for connection in more:
        await connection.close()

    assert finding.severity == "warning"
    assert finding.detail == "8 of 10 connections are in use: soon no worker can connect"


async def test_commits_that_do_not_wait_are_named(store: PostgresStore, server: PostgresServer, sql: Any) -> None:
    """Ours wait all the same; those of programs that enqueue by SQL do not."""
    await sql.execute("ALTER DATABASE postgres SET synchronous_commit = off")
    again = await PostgresStore.open(f"{server.url}?schema={_SCHEMA}", store.clock)
    findings = await found(again, "durability")
    await again.close()

    (finding,) = [one for one in findings if one.severity == "warning"]
    assert finding.detail.startswith("synchronous_commit is off")


async def test_a_day_without_a_partition_is_named_where_we_may_not_make_one(store: PostgresStore, sql: Any) -> None:
    """Until then the first delivery makes it."""
    assert [finding.severity for finding in await found(store, "days")] == ["ok"]
    await sql.execute("CREATE ROLE somebody; ALTER TABLE results OWNER TO somebody")
    await sql.execute("CREATE ROLE worker LOGIN PASSWORD 'invented'; GRANT USAGE ON SCHEMA ailing TO worker")
    await sql.execute("GRANT SELECT ON ALL TABLES IN SCHEMA ailing TO worker")
    url = store._session.address.dsn.replace("//postgres:", "//worker:")
    password = url.partition("worker:")[2].partition("@")[0]
    await sql.execute(f"ALTER ROLE worker PASSWORD '{password}'")
    theirs = await PostgresStore.open(f"{url.partition('?')[0]}?schema={_SCHEMA}", store.clock)
    (finding,) = await found(theirs, "days")
    await theirs.close()

    assert finding.severity == "problem"
    assert "this user may not make one" in finding.detail


async def test_leases_that_were_left_behind_are_named(store: PostgresStore, clock: ManualClock) -> None:
    """No worker takes them back: there is none."""
    await store.queue.enqueue([Entry("a", Lane("shop", "order"), "{}")])
    await store.queue.lease([Want(Lane("shop", "order"), 1)], 60)
    clock.advance(60 + 300)

    (finding,) = await found(store, "leases")

    assert finding.severity == "warning"
    assert finding.detail.startswith("1 jobs were left by workers that died, the first 5 min ago")
