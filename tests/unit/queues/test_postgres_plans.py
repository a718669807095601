"""What a lease costs does not grow with the queue: the plans of the real statements, over 100,000 jobs."""

import re
from typing import Final

import pytest

from worker.job import Lane
from worker.ports import Want
from worker.queues.postgres.session import Transaction
from worker.queues.postgres.statements import statement
from worker.queues.postgres.store import PostgresStore
from worker.queues.record import lane_text

LANES: Final = [Lane("shop", "order"), Lane("shop", "refund"), Lane("mail", "send", "k")]
DEPTH: Final = 100_000


def lease(finder: str, most: int) -> tuple[str, str]:
    """The statement that leases of every lane, and its values."""
    names = ", ".join(f"'{lane_text(lane)}'" for lane in LANES)
    sql = statement("lease").replace("/* next */", statement(finder))
    return sql, f"ARRAY[{names}], ARRAY[{most}, {most}, {most}], 60, 1, 1000000"


class _UndoneError(Exception):
    """It was only tried."""


async def fill(store: PostgresStore) -> None:
    """Put 100,000 jobs on the queue, the short way: of three lanes and five priorities."""
    await store.queue._names.lanes(LANES)
    run = store._session.answer
    await run(
        "INSERT INTO preflight.bodies (seq, id, payload) SELECT n, n, '{}' FROM generate_series(1, $1::int) AS n", DEPTH
    )
    await run(
        "INSERT INTO preflight.jobs (seq, lane, priority, size, state) "
        "SELECT n, 1 + n % 3, n % 5, 2, 0 FROM generate_series(1, $1::int) AS n",
        DEPTH,
    )
    await run("ANALYZE preflight.jobs")


async def plan(store: PostgresStore, sql: str, values: str) -> str:
    """How PostgreSQL runs a prepared statement, and what it came upon; it is undone."""
    lines: list[str] = []

    async def work(transaction: Transaction) -> None:
        await transaction.answer("PREPARE tried AS " + sql)
        found = await transaction.answer(f"EXPLAIN (ANALYZE, TIMING OFF) EXECUTE tried({values})")
        await transaction.answer("DEALLOCATE tried")
        lines.extend(row[0] for row in found)
        raise _UndoneError

    with pytest.raises(_UndoneError):
        await store._session.transaction(work)
    return "\n".join(lines)


def most_rows(shown: str) -> float:
    """The most rows that any step came upon, also where it left them out."""
    steps = [float(rows) * float(loops) for rows, loops in re.findall(r"actual rows=([\d.]+) loops=(\d+)", shown)]
    return max(steps + [float(rows) for rows in re.findall(r"Rows Removed by \w[\w ]*: ([\d.]+)", shown)])


async def test_a_lease_takes_what_it_wants_from_the_index_and_looks_at_nothing_else(postgres: PostgresStore) -> None:
    """No table is read through, nothing that is ready is sorted, and no step sees more than was asked for."""
    await fill(postgres)

    shown = await plan(postgres, *lease("find_ready", 100))

    assert "Index Scan using jobs_ready on jobs" in shown
    assert "Seq Scan" not in shown
    assert "Sort" not in shown
    assert most_rows(shown) == 300


async def test_a_lease_in_order_jumps_from_priority_to_priority(postgres: PostgresStore) -> None:
    """The oldest of a lane is found by looking at one job of each priority."""
    await fill(postgres)

    shown = await plan(postgres, *lease("find_ordered", 1))

    assert "Seq Scan" not in shown
    assert "Sort" not in shown
    assert most_rows(shown) <= 3 * 6


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("renew", "{seqs}, {fences}, 60, FALSE"),
        ("release", "{seqs}, {fences}"),
        ("find_settled", "{seqs}, {fences}"),
        ("promote", "60, 1000"),
        ("reclaim", "1e12, 1000"),
        ("list_ready_lanes", "256"),
        (
            "settle",
            (
                "{seqs}, {fences}, array_fill(3::smallint, ARRAY[100]), array_fill(NULL::float8, ARRAY[100]),"
                "array_fill(1, ARRAY[100]), array_fill(FALSE, ARRAY[100]), array_fill(NULL::float8, ARRAY[100]),"
                "array_fill(NULL::text, ARRAY[100]), array_fill(NULL::text, ARRAY[100]),"
                "array_fill(NULL::int, ARRAY[100]),"
                "array_fill('{{}}'::text, ARRAY[100]), 0, '2026-01-01'"
            ),
        ),
    ],
)
async def test_nothing_else_reads_the_queue_through(postgres: PostgresStore, name: str, values: str) -> None:
    """What is leased, delayed or settled is found by an index, and no step sees more than that."""
    await fill(postgres)
    leases = await postgres.queue.lease([Want(LANES[0], 100)], 60)
    seqs, fences = [one.seq for one in leases], [one.fence for one in leases]
    await postgres.queue._days.today(1_767_225_600.0)

    shown = await plan(postgres, statement(name), values.format(seqs=f"ARRAY{seqs}", fences=f"ARRAY{fences}"))

    assert "Seq Scan on jobs" not in shown
    assert most_rows(shown) <= 3 * 256
