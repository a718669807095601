"""Reads pages of whole records, one round trip each."""

import asyncpg
import orjson

from worker.failure import Failure, Selection
from worker.job import Lane, State
from worker.queues.content import readable
from worker.queues.departures import in_hand
from worker.queues.identifiers import id_of
from worker.queues.postgres.paging import listing, read_jobs_then_rejects
from worker.queues.postgres.reading import history_of, rejected_of, result_of_row, source_of
from worker.queues.postgres.selection import narrowed
from worker.queues.postgres.session import Statements
from worker.queues.record import problem_of
from worker.queues.states import state_of
from worker.record import Record


async def read_records(statements: Statements, after: int, limit: int) -> tuple[list[Record | Failure], int | None]:
    """A page of jobs and, after the last of them, of rejected rows; and the cursor for the next page."""
    listings = listing("list_records"), narrowed("list_rejects", Selection())
    jobs, rejects, more = await read_jobs_then_rejects(statements, listings, after, limit)
    return [*map(_record, jobs), *map(rejected_of, rejects)], more


def _record(row: asyncpg.Record) -> Record:
    id_, state = id_of(row["id"]), state_of(row["state"])
    if state is State.LEASED:
        raise in_hand(id_)
    failure = orjson.loads(row["failure"] or "null")
    return Record(
        id=id_,
        lane=Lane(*orjson.loads(row["lane"])),
        payload=readable(row["payload"]),
        state=state,
        priority=row["priority"],
        source=source_of(row),
        original=row["original"],
        attempts=row["attempts"],
        expiries=row["expiries"],
        sent=row["sent"],
        first_at=row["first_at"],
        due_at=row["due_at"],
        holds=row["holds"],
        history=history_of(row),
        problem=failure and problem_of(failure),
        failed_at=failure["failed_at"] if failure else 0.0,
        result=result_of_row(row, len(row["history"])) if row["record"] else None,
    )
