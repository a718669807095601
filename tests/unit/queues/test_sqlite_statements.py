"""The SQL files: each says what it keeps, each is used, and none gets slower with the depth of the queue."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from worker.failure import Selection
from worker.queues.sqlite import SqliteStore
from worker.queues.sqlite.selection import narrowed
from worker.queues.sqlite.session import Session
from worker.queues.sqlite.statements import statement

FOLDER = Path(str(files("worker.queues.sqlite")))
NAMES = sorted(file.stem for file in (FOLDER / "sql").iterdir())

#: Everything that runs for each lease, settle or tick.
HOT = (
    "find_ready",
    "find_ordered",
    "mark_leased",
    "hold_lanes",
    "read_bodies",
    "read_fences",
    "mark_settled",
    "mark_retried",
    "mark_renewed",
    "mark_due",
    "next_due",
    "mark_expired",
    "release",
    "list_ready_lanes",
    "find_delivered",
    "count_lost",
)


async def plan(store: SqliteStore, sql: str) -> list[str]:
    """How SQLite would run a statement."""

    def explain(session: Session) -> list[str]:
        values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
        return [row[3] for row in session._sqlite.execute(f"EXPLAIN QUERY PLAN {sql}", values)]

    return await store._thread.read(explain)


@pytest.mark.parametrize("name", NAMES)
def test_each_file_opens_with_what_it_keeps(name: str) -> None:
    """A comment, before the first word of SQL."""
    text = (FOLDER / "sql" / f"{name}.sql").read_text()

    assert text.startswith("-- ")
    assert len(text.splitlines()[0]) > 20


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_used(name: str) -> None:
    """Its name stands in the code."""
    code = "".join(file.read_text() for file in FOLDER.glob("*.py"))

    assert f'"{name}"' in code


@pytest.mark.parametrize("name", HOT)
async def test_hot_statements_find_jobs_by_index_only(store: SqliteStore, name: str) -> None:
    """No table of jobs is scanned and nothing is sorted: the cost does not grow with the queue."""
    steps = await plan(store, statement(name))

    assert steps
    assert not [step for step in steps if step.startswith(("SCAN jobs", "SCAN bodies")) or "B-TREE" in step]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("find_ready", "INDEX jobs_ready (lane=?)"),
        ("find_ordered", "INDEX jobs_ready (lane=? AND priority<?)"),
        ("list_ready_lanes", "INDEX jobs_ready (lane>?)"),
        ("list_ready_lanes", "INDEX jobs_ready (lane=?)"),
        ("mark_due", "INDEX jobs_delayed (due_at<?)"),
        ("next_due", "INDEX jobs_delayed"),
        ("mark_expired", "INDEX jobs_leased (lease_until<?)"),
        ("find_delivered", "INDEX results_delivered (<expr><?)"),
        ("count_lost", "INDEX jobs_leased (lease_until<?)"),
    ],
)
async def test_hot_statements_use_the_partial_indexes(store: SqliteStore, name: str, index: str) -> None:
    """Those that hold only the jobs in question, in the order in question."""
    assert any(index in step for step in await plan(store, statement(name)))


@pytest.mark.parametrize("name", ["list_failures", "list_rejects"])
async def test_failures_of_some_ids_are_not_looked_for_among_all(store: SqliteStore, name: str) -> None:
    """``failures show ID`` goes by the id."""
    sql, _ = narrowed(name, Selection(ids=frozenset({"a"})))

    steps = await plan(store, sql)

    assert not [step for step in steps if step.startswith(("SCAN jobs", "SCAN failures", "SCAN rejects"))]


@pytest.mark.parametrize("name", ["list_failures", "list_rejects", "list_results", "list_records"])
async def test_pages_are_not_sorted(store: SqliteStore, name: str) -> None:
    """They are read in the order of their key."""
    steps = await plan(store, narrowed(name, Selection())[0])

    assert not [step for step in steps if "B-TREE" in step]
