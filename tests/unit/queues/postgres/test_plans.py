"""What a page costs does not grow with the queue: the plans of the real statements, over 20,000 jobs of 20 days."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from worker.failure import Selection
from worker.job import Lane
from worker.outcome import Cause, Problem
from worker.queues.bounds import MOST_CHARS
from worker.queues.postgres.paging import Listing, listing
from worker.queues.postgres.selection import narrowed
from worker.queues.postgres.statements import statement
from worker.queues.postgres.store import PostgresStore
from worker.queues.record import as_json, failure_record, lane_text

LANE: Final = Lane("shop", "order")
PROBLEM: Final = Problem(Cause.INVALID, "judge", "it failed", "because it failed")
JOBS: Final = 20_000
LIMIT: Final = 50
MOST_ROWS: Final = 10 * LIMIT  # of any step: a few for each row of the page

#: Of ten jobs eight are delivered, one is dead and one is ready; nobody has gathered statistics of them.
_FILL: Final = """
    INSERT INTO lanes (name) VALUES ('{lane}');
    INSERT INTO bodies (seq, id, payload) SELECT n, 'job-' || n, '{{}}' FROM generate_series(1, {jobs}) AS n;
    SELECT make_day(day::date) FROM generate_series(date '2026-01-01', date '2026-01-20', '1 day') AS day;
    INSERT INTO results
    SELECT date '2026-01-01' + n % 20, n, 1, 0, NULL, 1, 0, 1, 0, '{{}}', '{{}}'
    FROM generate_series(1, {jobs}) AS n WHERE n % 10 < 8;
    INSERT INTO jobs (seq, lane, size, state)
    SELECT n, 1, 2, CASE n % 10 WHEN 8 THEN 4 ELSE 0 END FROM generate_series(1, {jobs}) AS n WHERE n % 10 >= 8;
    INSERT INTO failures (seq, cause, failed_at, record)
    SELECT n, 'invalid', 0, '{failure}' FROM generate_series(1, {jobs}) AS n WHERE n % 10 = 8;
    INSERT INTO endings (seq, day, number)
    SELECT n, CASE WHEN n % 10 < 8 THEN date '2026-01-01' + n % 20 END, CASE WHEN n < {jobs} / 2 THEN n END
    FROM generate_series(1, {jobs}) AS n WHERE n % 10 < 9;
    SELECT setval('ending_numbers', {jobs})
"""


@pytest.fixture
async def full(store: PostgresStore, sql: Any) -> PostgresStore:
    """A store with many jobs."""
    failure = as_json(failure_record(PROBLEM, 0.0))
    await sql.execute(_FILL.format(lane=lane_text(LANE), jobs=JOBS, failure=failure))
    return store


async def most_rows(store: PostgresStore, text: str, values: str) -> int:
    """How many rows the busiest step of a prepared statement gave, as the worker's own connections run it."""

    async def work(transaction: Any) -> Any:
        await transaction.rows("lock_endings")
        await transaction.answer("PREPARE tried AS " + text)
        ((plan,),) = await transaction.answer(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE tried({values})")
        await transaction.answer("DEALLOCATE tried")
        return json.loads(plan)

    return int(max(_rows((await store._session.transaction(work))[0]["Plan"])))


def _rows(node: dict[str, Any]) -> Iterator[float]:
    yield node["Actual Rows"] * node["Actual Loops"]
    for child in node.get("Plans", ()):
        yield from _rows(child)


@pytest.mark.parametrize(
    ("page", "values"),
    [
        (listing("list_endings"), ()),
        (listing("list_results"), ()),
        (listing("list_records"), ()),
        (narrowed("list_failures", Selection()), ()),
        (narrowed("list_failures", Selection(api="shop", operation="order")), ("'[\"shop\",'", '\'","order",\'')),
        (narrowed("list_failures", Selection(ids=frozenset({"job-18"}))), ("ARRAY['job-18', 'job-19998']",)),
    ],
    ids=["endings", "results", "records", "failures", "failures of a lane", "failures by id"],
)
@pytest.mark.parametrize("after", [0, JOBS // 3])
async def test_a_page_costs_the_same_wherever_it_begins(
    full: PostgresStore, page: Listing, values: tuple[str, ...], after: int
) -> None:
    """No step of its plan sees more than a few rows for each of the page's."""
    text = statement("cut_page").replace("/* listing */", page.sql)

    assert await most_rows(full, text, ", ".join([str(after), str(LIMIT), str(MOST_CHARS), *values])) <= MOST_ROWS


async def test_endings_get_their_numbers_by_index(full: PostgresStore) -> None:
    """However many wait for one."""
    assert await most_rows(full, statement("number_endings"), str(LIMIT)) <= MOST_ROWS


async def test_a_part_of_a_day_is_forgotten_by_index(full: PostgresStore) -> None:
    """However many jobs were delivered on it."""
    assert await most_rows(full, statement("walk_day"), f"date '2026-01-05', 0, {LIMIT}") <= MOST_ROWS
