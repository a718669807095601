"""A program enqueues jobs together with what it writes itself: both are there, or neither is."""

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import asyncpg
import orjson
import pytest

from worker import Job, enqueue_sql
from worker.errors import UsageError
from worker.job import Entry, Lane, State
from worker.outcome import Released, Settlement
from worker.ports import Accepted, Want
from worker.queues.postgres.store import PostgresStore
from worker.record import Record
from worker.testing import ManualClock

Program: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

JOBS: list[dict[str, Any]] = [
    {"id": "a", "api": "shop", "operation": "order", "params": {"id": 1}, "body": {"text": "naïve \u0001\n"}},
    {"api": "shop", "operation": "order", "key": "k\u00e9\"'\\", "priority": 7},
    {"id": "late", "api": "shop", "operation": "order", "not_before": "2999-01-01T00:00:00+01:00"},
]


@pytest.fixture
def schema(postgres_schema: str) -> str:
    """The name of a schema of this test's own."""
    return postgres_schema.rpartition("=")[2]


@pytest.fixture
async def store(postgres_schema: str) -> AsyncIterator[PostgresStore]:
    """A queue in it."""
    store = await PostgresStore.open(postgres_schema, ManualClock())
    yield store
    await store.close()


@pytest.fixture
async def program(postgres_url: str) -> AsyncIterator[Program]:
    """A connection of somebody else's program."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def states(store: PostgresStore) -> dict[State, int]:
    """How many jobs are in each state that has any."""
    return {state: jobs for state, jobs in (await store.ledger.counts()).states.items() if jobs}


async def test_jobs_are_there_when_the_transaction_is_committed(
    store: PostgresStore, program: Program, schema: str
) -> None:
    """And not before; an idle worker hears of them then. The content is what was given, to the letter."""
    sql, args = enqueue_sql(JOBS, schema)
    await store.bell.rest(3_600)

    async with program.transaction():
        assert await program.fetchval(sql, *args) == 3
        assert await store.queue.lanes() == []
    await store.bell.rest(3_600)

    assert await states(store) == {State.READY: 2, State.DELAYED: 1}
    keyed = Lane("shop", "order", JOBS[1]["key"])
    leases = await store.queue.lease([Want(Lane("shop", "order"), 9), Want(keyed, 9)], 60)
    assert leases[0].payload == JOBS[0]
    assert {**leases[1].payload, "id": ""} == {**JOBS[1], "id": ""}
    assert len(leases[1].payload["id"]) == 32


async def test_of_a_transaction_that_is_rolled_back_nothing_comes(
    store: PostgresStore, program: Program, schema: str
) -> None:
    """Its ids are free."""
    sql, args = enqueue_sql(JOBS, schema)
    undone = program.transaction()
    await undone.start()
    await program.fetchval(sql, *args)

    await undone.rollback()

    assert await states(store) == {}
    assert await program.fetchval(sql, *args) == 3


async def test_a_long_transaction_keeps_no_worker_from_working(
    store: PostgresStore, program: Program, schema: str
) -> None:
    """Others enqueue and lease in the same lane meanwhile."""
    await program.fetchval(*_flat(enqueue_sql(JOBS[:1], schema)))

    async with program.transaction():
        await program.fetchval(*_flat(enqueue_sql(JOBS[1:], schema)))
        (lease,) = await store.queue.lease([Want(Lane("shop", "order"), 9)], 60)
        assert await store.queue.renew([lease], 60) == [True]


async def test_an_id_that_is_known_is_left_out(store: PostgresStore, program: Program, schema: str) -> None:
    """In the queue and in the batch; and what came this way is a duplicate of a file's row with the same content."""
    first = enqueue_sql([*JOBS, *JOBS], schema)
    assert await program.fetchval(*_flat(first)) == 3
    assert await program.fetchval(*_flat(first)) == 0

    (lease, *_) = await store.queue.lease([Want(Lane("shop", "order"), 9)], 60)
    entry = _entry(JOBS[0], lease.lane)

    assert await store.queue.enqueue([entry]) == Accepted(0, duplicates=(0,))


async def test_jobs_may_be_jobs(store: PostgresStore, program: Program, schema: str) -> None:
    """With their moments in epoch seconds."""
    job = Job("1", "shop", "order", body={"qty": 2}, not_before=32_503_680_000.5)

    assert await program.fetchval(*_flat(enqueue_sql([job], schema))) == 1

    assert await states(store) == {State.DELAYED: 1}
    ((due_at,),) = await store._session.answer("SELECT due_at FROM preflight.jobs")
    assert due_at == 32_503_680_000.5


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({"operation": "order"}, r"jobs\[1\] cannot be queued: #/api: 'api' is missing"),
        ({"api": "shop"}, r"jobs\[1\] cannot be queued: .*operation"),
        ({"api": "shop", "operation": "order", "priority": "high"}, "#/priority"),
        ({"api": "shop", "operation": "order", "headers": {"Authorization": "Bearer x"}}, "is a credential"),
        ({"api": "shop", "operation": "order", "not_before": "tomorrow"}, "#/not_before"),
    ],
)
def test_what_cannot_be_a_job_is_refused_before_anything_is_sent(job: dict[str, Any], told: str) -> None:
    """The message names which, where and what."""
    with pytest.raises(UsageError, match=told):
        enqueue_sql([JOBS[0], job])


def test_a_schema_is_a_name() -> None:
    """It becomes part of the statement."""
    with pytest.raises(UsageError, match="is no name for a schema"):
        enqueue_sql(JOBS, 'x"; DROP TABLE jobs')


def test_the_statement_is_for_any_driver() -> None:
    """Its only parameter is written as the driver wants it."""
    sql, (text,) = enqueue_sql(JOBS, placeholder="%s")

    assert sql == 'SELECT "preflight".enqueue(CAST(%s AS json))'
    assert orjson.loads(text)[0] == JOBS[0]


@pytest.mark.parametrize(
    "job",
    [
        {"id": "1", "api": "shop"},
        {"id": 1, "api": "shop", "operation": "order"},
        {"id": "1", "api": "shop", "operation": "order", "key": 5},
        "a text",
        {"id": "1", "api": "shop", "operation": "order", "not_before": "some day"},
    ],
)
async def test_sql_that_names_no_lane_is_refused_at_once(
    store: PostgresStore, program: Program, schema: str, job: object
) -> None:
    """Whoever writes the JSON himself hears of it in his own transaction."""
    with pytest.raises(asyncpg.PostgresError):
        await program.fetchval(f"SELECT {schema}.enqueue($1)", orjson.dumps([job]).decode())

    assert await states(store) == {}


@pytest.mark.parametrize("body", ["1e999", "[" * 1_100 + "]" * 1_100])
async def test_content_that_nobody_can_read_is_handed_out_as_such(
    store: PostgresStore, program: Program, schema: str, body: str
) -> None:
    """JSON to PostgreSQL and not to us: the worker gets a job that says so, with the others of its batch."""
    rows = (
        f'[{{"id":"1","api":"shop","operation":"order","body":{body}}},{{"id":"2","api":"shop","operation":"order"}}]'
    )
    await program.fetchval(f"SELECT {schema}.enqueue($1)", rows)

    leases = await store.queue.lease([Want(Lane("shop", "order"), 9)], 60)

    assert list(leases[0].payload) == ["unreadable"]
    assert leases[1].payload["id"] == "2"
    await store.queue.settle([Settlement(lease, Released("shutdown")) for lease in leases])
    (moved, _), _ = await store.archive.read()
    assert isinstance(moved, Record)
    assert orjson.loads(moved.payload).keys() == {"unreadable"}  # no other store could hand it out


def _flat(made: tuple[str, tuple[str]]) -> tuple[str, str]:
    sql, (text,) = made
    return sql, text


def _entry(job: dict[str, Any], lane: Lane) -> Entry:
    return Entry(job["id"], lane, orjson.dumps(job).decode())
