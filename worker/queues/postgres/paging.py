"""Reads pages of listings: how much is in one is found out in the database, in the same round trip."""

from typing import Any, Final, NamedTuple

from worker.queues.bounds import MOST_CHARS
from worker.queues.paging import FIRST_REJECT
from worker.queues.postgres.session import Rows, Statements
from worker.queues.postgres.statements import statement

#: Parameter of the first of a listing's values: $1 is where the page begins, $2 and $3 are those of ``cut_page.sql``.
FIRST_VALUE: Final = 4


class Listing(NamedTuple):
    """A ``list_`` statement, whose rows have a ``number`` and a ``size``; and what it needs beside where to begin."""

    sql: str
    values: tuple[Any, ...] = ()


class Page(NamedTuple):
    """Rows of a listing; ``more`` is the cursor for the next page, None where this is the last."""

    rows: Rows
    more: int | None


def listing(name: str) -> Listing:
    """The listing of this name, where it needs nothing."""
    return Listing(statement(name))


async def read_page(statements: Statements, listing: Listing, after: int, limit: int) -> Page:
    """The rows behind number ``after``: at most ``limit``, and no more content than one answer may hold."""
    sql = statement("cut_page").replace("/* listing */", listing.sql)
    rows = await statements.answer(sql, after, limit, MOST_CHARS, *listing.values)
    return Page(rows, rows[-1]["number"] if rows and len(rows) < rows[0]["found"] else None)


async def read_jobs_then_rejects(
    statements: Statements, listings: tuple[Listing, Listing], after: int, limit: int
) -> tuple[Rows, Rows, int | None]:
    """A page of jobs and, after the last of them, of rejected rows; and the cursor for the next page of both."""
    jobs = await read_page(statements, listings[0], after, limit) if after < FIRST_REJECT else Page([], None)
    if jobs.more is not None:
        return jobs.rows, [], jobs.more
    room = limit - len(jobs.rows)
    rejects = await read_page(statements, listings[1], max(after - FIRST_REJECT, 0), max(room, 1))
    if not room:
        return jobs.rows, [], jobs.rows[-1]["number"] if rejects.rows else None
    return jobs.rows, rejects.rows, rejects.more and FIRST_REJECT + rejects.more
