"""Reads pages of whole records, each inside one snapshot of the file."""

from typing import Any, NamedTuple

from worker.failure import Failure, Result, Selection
from worker.job import Lane, Source, State
from worker.outcome import Attempt
from worker.queues.bounds import bounded
from worker.queues.content import decoded
from worker.queues.departures import in_hand
from worker.queues.paging import FIRST_REJECT
from worker.queues.record import as_json, problem_of, result_of
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.reading import read_attempts, read_rejects, read_source
from worker.queues.sqlite.selection import narrowed
from worker.queues.sqlite.session import Session
from worker.queues.states import state_of
from worker.record import Record


class _Row(NamedTuple):
    """A row of ``list_records.sql``."""

    seq: int
    id: str
    lane: list[Any]
    state: int
    size: int
    file: int | None
    line: int | None
    priority: int
    attempts: int
    expiries: int
    sent: int
    first_at: float | None
    due_at: float | None
    holds: int
    failure: dict[str, Any] | None
    result: dict[str, Any] | None


class _Texts(NamedTuple):
    """A row of ``read_texts.sql``."""

    seq: int
    payload: str
    original: str | None


def read_records(
    session: Session, *, names: Names, after: int, limit: int
) -> tuple[list[Record | Failure], int | None]:
    """A page of jobs and, after the last of them, of rejected rows; and the cursor for the next page."""
    page: list[tuple[int, Record | Failure]] = []
    found: list[_Row] = []
    if after < FIRST_REJECT:
        found = [_Row(*row) for row in session.rows("list_records", after=after, limit=limit + 1)]
        page += _jobs(session, names, bounded(found[:limit]))
    more = len(page) < len(found)
    if not more:
        start = max(after - FIRST_REJECT, 0)
        page += read_rejects(session, narrowed("list_rejects", Selection()), start, limit + 1 - len(page))
        more = len(page) > limit
    page = page[:limit]
    return [record for _, record in page], page[-1][0] if more else None


def _jobs(session: Session, names: Names, rows: list[_Row]) -> list[tuple[int, Record]]:
    if held := next((row for row in rows if state_of(row.state) is State.LEASED), None):
        raise in_hand(held.id)
    seqs = as_json([row.seq for row in rows])
    texts = {row[0]: _Texts(*row) for row in session.rows("read_texts", seqs=seqs)}
    attempts = read_attempts(session, seqs)
    return [
        (row.seq, _record(row, texts[row.seq], attempts.get(row.seq, []), read_source(session, names, row)))
        for row in rows
    ]


def _record(row: _Row, texts: _Texts, history: list[Attempt], source: Source | None) -> Record:
    return Record(
        id=row.id,
        lane=Lane(*row.lane),
        payload=texts.payload,
        state=state_of(row.state),
        priority=row.priority,
        source=source,
        original=texts.original,
        attempts=row.attempts,
        expiries=row.expiries,
        sent=bool(row.sent),
        first_at=row.first_at,
        due_at=row.due_at,
        holds=bool(row.holds),
        history=tuple(history),
        problem=problem_of(row.failure) if row.failure else None,
        failed_at=row.failure["failed_at"] if row.failure else 0.0,
        result=_result(row, texts, len(history)) if row.result else None,
    )


def _result(row: _Row, texts: _Texts, tried: int) -> Result:
    assert row.result is not None
    return result_of(row.id, row.lane, decoded(texts.payload).get("meta"), tried, row.result)
