"""What only PostgreSQL's archive does: deliveries are forgotten day by day, while others read and write."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from worker.errors import StoreBusyError
from worker.failure import Result
from worker.job import Lane, State
from worker.outcome import Cause, Problem
from worker.ports import Accepted
from worker.queues.postgres.store import PostgresStore
from worker.record import Record

DAY_S: Final = 86_400.0
NOON: Final = datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()
MIDNIGHT: Final = NOON + DAY_S / 2
LANE: Final = Lane("shop", "order")
RESULT: Final = Result("", LANE, 201, 1.0, 1, None, None, NOON)
DELIVERED: Final = Record("", LANE, "{}", State.DELIVERED, attempts=1, result=RESULT)
PARKED: Final = Record(
    "parked", LANE, "{}", State.PARKED, problem=Problem(Cause.UNKNOWN, "judge", "?", "?"), failed_at=NOON
)

_TABLES: Final = ("bodies", "jobs", "edits", "attempts", "failures", "results", "endings")


def delivered(ids: Sequence[str], at: float) -> list[Record]:
    """Jobs that were delivered at a time."""
    return [replace(DELIVERED, id=id_, result=replace(RESULT, id=id_, delivered_at=at)) for id_ in ids]


async def days(sql: Any) -> list[str]:
    """The days that have a partition of results."""
    rows = await sql.fetch(
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'results'::regclass"
    )
    return sorted(row["relname"].removeprefix("results_") for row in rows)


async def rows(sql: Any) -> dict[str, int]:
    """How many rows there are in each table that has something of a job."""
    return {table: await sql.fetchval(f"SELECT count(*) FROM {table}") for table in _TABLES}  # noqa: S608 - of ours


async def pruned(store: PostgresStore, before: float) -> int:
    """Forget all that is old enough; how many jobs."""
    gone = 0
    while forgotten := await store.archive.prune(before):
        gone += forgotten
    return gone


async def test_a_day_goes_as_a_whole_after_its_jobs(store: PostgresStore, sql: Any) -> None:
    """Its partition is dropped, and no row of any table is left behind; days that are not over stay whole."""
    await store.archive.write(delivered([f"old-{number}" for number in range(1_200)], NOON))
    await store.archive.write(delivered(["older"], NOON - 2 * DAY_S))
    await store.archive.write(delivered(["kept"], MIDNIGHT))
    assert await days(sql) == ["20260103", "20260105", "20260106"]

    assert await pruned(store, MIDNIGHT - 1.0) == 1
    assert await pruned(store, MIDNIGHT) == 1_200
    assert await pruned(store, MIDNIGHT + DAY_S / 2) == 0

    assert await days(sql) == ["20260106"]
    assert await rows(sql) == dict.fromkeys(_TABLES, 0) | {"bodies": 1, "results": 1, "endings": 1}
    assert (await store.ledger.counts()).states[State.DELIVERED] == 1


async def test_a_delivery_that_comes_to_a_day_half_forgotten_is_forgotten_too(store: PostgresStore, sql: Any) -> None:
    """A person resolves an old job, or another store gives one, behind the place where forgetting has got to."""
    await store.archive.write([PARKED, *delivered([str(number) for number in range(1_500)], NOON)])
    assert await store.archive.prune(MIDNIGHT) == 1_000

    assert await store.ledger.resolve(["parked"], NOON) == 1
    await store.archive.write(delivered(["late"], NOON))

    assert await pruned(store, MIDNIGHT) == 502
    assert await rows(sql) == dict.fromkeys(_TABLES, 0)
    assert await store.ledger.resolve(["parked"], NOON) == 0


async def test_a_delivery_may_come_to_a_day_that_was_forgotten(store: PostgresStore, sql: Any) -> None:
    """Another worker has dropped its partition: it is made once more."""
    await store.archive.write([PARKED, *delivered(["a"], NOON)])
    await pruned(store, MIDNIGHT)
    assert await days(sql) == []

    assert await store.ledger.resolve(["parked"], NOON) == 1

    assert [result.id for result in (await store.ledger.results())[0]] == ["parked"]


async def test_a_day_that_is_read_waits(store: PostgresStore, sql: Any) -> None:
    """Its jobs are forgotten, and nobody has to wait for the reader: it goes when he is done."""
    await store.archive.write(delivered(["a"], NOON))
    reading = sql.transaction()
    await reading.start()
    await sql.fetch("SELECT * FROM results")

    assert await pruned(store, MIDNIGHT) == 1
    assert await days(sql) == ["20260105"]
    assert await store.archive.write(delivered(["b"], MIDNIGHT)) == Accepted(1)
    await reading.commit()

    assert await pruned(store, MIDNIGHT) == 0
    assert await days(sql) == ["20260106"]


async def test_workers_that_forget_at_the_same_time_forget_each_job_once(
    store: PostgresStore, other: PostgresStore, sql: Any
) -> None:
    """One walks through a day, the other finds somebody at it, or the rest."""
    for day in range(3):
        await store.archive.write(delivered([f"{day}-{number}" for number in range(1_100)], NOON + day * DAY_S))

    gone = await asyncio.gather(*(pruned(one, NOON + 3 * DAY_S) for one in (store, other)))
    gone.append(await pruned(store, NOON + 3 * DAY_S))

    assert sum(gone) == 3_300
    assert await rows(sql) == dict.fromkeys(_TABLES, 0)
    assert (await store.ledger.counts()).states[State.DELIVERED] == 0


async def test_an_id_that_is_taken_meanwhile_keeps_the_batch_out(store: PostgresStore, sql: Any) -> None:
    """Whoever writes is told to try again, and then hears whose id it is."""
    records = [*delivered(["a", "b"], NOON), replace(PARKED, id="c")]
    taking = sql.transaction()
    await taking.start()
    await sql.execute("INSERT INTO bodies (seq, id, payload) VALUES (nextval('seqs'), 'b', '[]')")

    writing = asyncio.create_task(store.archive.write(records))
    while not await sql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"):
        assert not writing.done()
    await taking.commit()

    with pytest.raises(StoreBusyError):
        await writing
    assert await rows(sql) == dict.fromkeys(_TABLES, 0) | {"bodies": 1}
    assert await store.archive.write(records) == Accepted(2, conflicts=(1,))
