"""Reads pages of the ledger, each inside one snapshot of the file."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.job import Lane, Source, State
from worker.outcome import Attempt, Cause
from worker.queues.bounds import bounded
from worker.queues.identifiers import ids_text
from worker.queues.paging import FIRST_REJECT
from worker.queues.record import as_json, attempt_of, failure_of, reject_of, result_of
from worker.queues.sqlite.bodies import read_bodies
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.selection import narrowed
from worker.queues.sqlite.session import Session
from worker.queues.sqlite.statements import statement
from worker.queues.states import state_of


class Placed(Protocol):
    """A row of a job that may have been read from a file."""

    @property
    def file(self) -> int | None:
        """The number of the file."""

    @property
    def line(self) -> int | None:
        """Counted from 1."""


class _Ended(NamedTuple):
    """A row of ``list_failures.sql``, or of ``list_endings.sql`` behind its number."""

    seq: int
    id: str
    lane: list[Any]
    state: int
    size: int
    file: int | None
    line: int | None
    record: dict[str, Any]


class _Delivered(NamedTuple):
    """A row of ``list_results.sql``."""

    seq: int
    id: str
    lane: list[Any]
    attempts: int
    size: int
    record: dict[str, Any]


def read_counts(session: Session) -> Counts:
    """Jobs by state, failures by cause."""
    states = {state_of(number): jobs for number, jobs in session.rows("count_states")}
    return Counts(states, {Cause(cause): failures for cause, failures in session.rows("count_causes")})


def read_lanes(session: Session) -> list[LaneCounts]:
    """Unfinished jobs by lane, in the order of their names."""
    found = [LaneCounts(Lane(*lane), *counts) for lane, *counts in session.rows("count_lanes")]
    return sorted(found, key=lambda one: str(one.lane))


def read_failures(
    session: Session, *, names: Names, selection: Selection, after: int, limit: int
) -> tuple[list[Failure], int | None]:
    """A page of failed jobs and, after the last of them, of rejected rows; and the cursor for the next page."""
    page: list[tuple[int, Failure]] = []
    cut = False
    if after < FIRST_REJECT:
        page, cut = _failed(session, names, narrowed("list_failures", selection), after, limit + 1)
    if not cut and len(page) <= limit:
        start = max(after - FIRST_REJECT, 0)
        page += read_rejects(session, narrowed("list_rejects", selection), start, limit + 1 - len(page))
    more = cut or len(page) > limit
    page = page[:limit]
    return [failure for _, failure in page], page[-1][0] if more else None


def _failed(
    session: Session, names: Names, listing: tuple[str, dict[str, Any]], after: int, limit: int
) -> tuple[list[tuple[int, Failure]], bool]:
    sql, values = listing
    found = [_Ended(*row) for row in session.answer(sql, {**values, "after": after, "limit": limit})]
    rows = bounded(found)
    seqs = as_json([row.seq for row in rows])
    bodies = read_bodies(session, seqs)
    attempts = read_attempts(session, seqs)
    failures = [
        (row.seq, _failure(row, bodies[row.seq], attempts.get(row.seq, []), read_source(session, names, row)))
        for row in rows
    ]
    return failures, len(rows) < len(found)


def _failure(row: _Ended, job: dict[str, Any], attempts: list[Attempt], source: Source | None) -> Failure:
    return failure_of(row.id, row.lane, row.record, job, state_of(row.state), attempts, source)


def read_source(session: Session, names: Names, row: Placed) -> Source | None:
    """Where a job was read."""
    return None if row.file is None or row.line is None else Source(names.file(session, row.file), row.line)


def read_attempts(session: Session, seqs: str) -> dict[int, list[Attempt]]:
    """What was recorded of jobs, by their numbers (a JSON list), the oldest first."""
    attempts: dict[int, list[Attempt]] = {}
    for seq, _, record in sorted(session.rows("read_attempts", seqs=seqs), key=lambda row: row[:2]):
        history = attempts.setdefault(seq, [])
        history.append(attempt_of(record, len(history) + 1))
    return attempts


def read_rejects(
    session: Session, listing: tuple[str, dict[str, Any]], after: int, limit: int
) -> list[tuple[int, Failure]]:
    """Rejected rows behind a number, each with its cursor; ``listing`` is a ``narrowed`` statement with its values."""
    sql, values = listing
    rows = session.answer(sql, {**values, "after": after, "limit": limit})
    return [(FIRST_REJECT + number, reject_of(id_, lane, record)) for number, id_, lane, record in rows]


def read_results(session: Session, *, after: int, limit: int) -> tuple[list[Result], int | None]:
    """A page of results and the cursor for the next page."""
    rows = session.answer(statement("list_results"), {"after": after, "limit": limit + 1})
    found = [_Delivered(*row) for row in rows]
    page = bounded(found[:limit])
    bodies = read_bodies(session, as_json([row.seq for row in page]))
    results = [result_of(row.id, row.lane, bodies[row.seq].get("meta"), row.attempts, row.record) for row in page]
    return results, page[-1].seq if len(page) < len(found) else None


def read_endings(session: Session, *, names: Names, after: int, limit: int) -> list[Ending]:
    """A page of jobs that have ended."""
    rows = session.answer(statement("list_endings"), {"after": after, "limit": limit})
    numbers = [row[0] for row in rows]
    page = bounded([_Ended(*row[1:]) for row in rows])
    seqs = as_json([row.seq for row in page])
    bodies = read_bodies(session, seqs)
    attempts = read_attempts(session, seqs)
    endings = []
    for number, row in zip(numbers, page, strict=False):
        job, tried = bodies[row.seq], attempts.get(row.seq, [])
        if state_of(row.state) is State.DELIVERED:
            end: Result | Failure = result_of(row.id, row.lane, job.get("meta"), len(tried), row.record)
        else:
            end = _failure(row, job, tried, read_source(session, names, row))
        endings.append(Ending(number, end))
    return endings


def read_payloads(session: Session, *, ids: Sequence[str]) -> dict[str, str]:
    """The content of jobs by id, as it stands; unknown ids are left out."""
    rows = session.rows("read_payloads", ids=as_json(ids_text(ids)))
    return {ids[index]: payload for index, payload in rows}
