"""Reads pages of the ledger, one round trip each; what is in them is decoded, and redacted, off the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import asyncpg
import orjson

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.job import Lane, Source, State
from worker.outcome import Attempt, Cause
from worker.queues.content import decoded
from worker.queues.identifiers import id_of, ids_text
from worker.queues.postgres.paging import Page, listing, read_jobs_then_rejects, read_page
from worker.queues.postgres.selection import narrowed
from worker.queues.postgres.session import Rows, Session, Statements, Transaction
from worker.queues.record import attempt_of, failure_of, reject_of, result_of
from worker.queues.states import state_of

T = TypeVar("T")

#: Endings that get their numbers in one transaction: some 50 ms.
_NUMBERED: Final = 5_000


async def read_counts(statements: Statements) -> Counts:
    """Jobs by state, failures by cause."""
    (row,) = await statements.rows("count_all")
    causes = orjson.loads(row["causes"] or "{}")
    return Counts(
        {state: row[state.value] for state in State}, {Cause(cause): failures for cause, failures in causes.items()}
    )


async def read_lanes(statements: Statements) -> list[LaneCounts]:
    """Unfinished jobs by lane, in the order of their names."""
    found = [
        LaneCounts(Lane(*orjson.loads(row["lane"])), row["ready"], row["delayed"], row["leased"])
        for row in await statements.rows("count_lanes")
    ]
    return sorted(found, key=lambda one: str(one.lane))


async def read_failures(
    statements: Statements, selection: Selection, after: int, limit: int
) -> tuple[list[Failure], int | None]:
    """A page of failed jobs and, after the last of them, of rejected rows; and the cursor for the next page."""
    listings = narrowed("list_failures", selection), narrowed("list_rejects", selection)
    failed, rejected, more = await read_jobs_then_rejects(statements, listings, after, limit)
    return [*await _decoded(_failure, failed), *await _decoded(rejected_of, rejected)], more


async def read_results(statements: Statements, after: int, limit: int) -> tuple[list[Result], int | None]:
    """A page of results and the cursor for the next page."""
    page = await read_page(statements, listing("list_results"), after, limit)
    return await _decoded(_result, page.rows), page.more


async def read_endings(session: Session, after: int, limit: int) -> list[Ending]:
    """A page of jobs that have ended; where it is the last, after the next of them got their numbers."""

    async def work(transaction: Transaction) -> Page:
        await transaction.rows("lock_endings")
        await transaction.rows("number_endings", _NUMBERED)
        return await read_page(transaction, listing("list_endings"), after, limit)

    page = await read_page(session, listing("list_endings"), after, limit)
    if page.more is None:
        page = await session.transaction(work)
    return await _decoded(_ending, page.rows)


async def read_payloads(statements: Statements, ids: Sequence[str]) -> dict[str, str]:
    """The content of jobs by id, as it stands; unknown ids are left out."""
    rows = await statements.rows("read_payloads", ids_text(ids))
    return {ids[row["place"] - 1]: row["payload"] for row in rows}


def rejected_of(row: asyncpg.Record) -> Failure:
    """The rejected row of a row."""
    return reject_of(id_of(row["id"]), orjson.loads(row["lane"]), orjson.loads(row["record"]))


def source_of(row: asyncpg.Record) -> Source | None:
    """Where the job of a row was read."""
    return None if row["file"] is None or row["line"] is None else Source(id_of(row["file"]), row["line"])


def history_of(row: asyncpg.Record) -> tuple[Attempt, ...]:
    """The recorded attempts of the job of a row, the oldest first."""
    return tuple(attempt_of(orjson.loads(record), number) for number, record in enumerate(row["history"], 1))


async def _decoded(decode: Callable[[asyncpg.Record], T], rows: Rows) -> list[T]:
    return await asyncio.to_thread(lambda: [decode(row) for row in rows])


def _ending(row: asyncpg.Record) -> Ending:
    delivered = state_of(row["state"]) is State.DELIVERED
    return Ending(row["number"], result_of_row(row, len(row["history"])) if delivered else _failure(row))


def _result(row: asyncpg.Record) -> Result:
    return result_of_row(row, row["tried"])


def result_of_row(row: asyncpg.Record, tried: int) -> Result:
    """The result of a row, after ``tried`` attempts that did not deliver."""
    meta = decoded(row["payload"]).get("meta")
    return result_of(id_of(row["id"]), orjson.loads(row["lane"]), meta, tried, orjson.loads(row["record"]))


def _failure(row: asyncpg.Record) -> Failure:
    return failure_of(
        id_of(row["id"]),
        orjson.loads(row["lane"]),
        orjson.loads(row["record"]),
        decoded(row["payload"]),
        state_of(row["state"]),
        history_of(row),
        source_of(row),
    )
