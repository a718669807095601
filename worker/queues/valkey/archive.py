"""Jobs as whole records, leaving this store and coming to it; and what is old enough to be forgotten."""

from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from worker.failure import Failure
from worker.job import State
from worker.ports import Accepted, Clock
from worker.queues.content import same_content
from worker.queues.departures import in_hand
from worker.queues.paging import FIRST_REJECT
from worker.queues.portions import SCRIPT, portions
from worker.queues.record import as_json, failure_record, kept_result, lane_text, problem_of
from worker.queues.valkey.connection import Connection, Word
from worker.queues.valkey.leasing import file_text, source_of
from worker.queues.valkey.mending import reject
from worker.queues.valkey.numbering import least_number
from worker.queues.valkey.reading import read_rejects, result_from
from worker.queues.valkey.rows import WINDOW, Asked, Row, Window, lane_of, read_page
from worker.record import Record

#: Numbers that one script looks at: most of them may be of jobs that are forgotten. About 1 ms.
_LOOKED_AT: Final = 2_000
#: Jobs forgotten by one script: about 5 ms.
_PRUNED: Final = 250
#: Records written by one script.
_WRITTEN: Final = SCRIPT._replace(items=200)


class ValkeyArchive:
    """The ``Archive`` port over one server."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def read(self, after: int = 0, limit: int = 500) -> tuple[list[Record | Failure], int | None]:
        """A page of everything; see ``Archive.read``. A page of very big jobs is shorter than ``limit``."""
        page: list[tuple[int, Record | Failure]] = []
        if after < FIRST_REJECT:
            rows = await read_page(self._connection, Asked(self._window, after, limit), lambda _: True)
            page += [(row.number, _record(row)) for row in rows.rows]
            if rows.more:
                return [record for _, record in page], rows.cursor
        page += await read_rejects(self._connection, max(after - FIRST_REJECT, 0), limit + 1 - len(page))
        return [record for _, record in page[:limit]], page[limit - 1][0] if len(page) > limit else None

    async def _window(self, after: int) -> Window:
        upto, seqs = await self._connection.run("list_jobs", after, WINDOW, _LOOKED_AT)
        return seqs, int(upto) if upto else None

    async def write(self, records: Sequence[Record | Failure]) -> Accepted:
        """Take in jobs and rejected rows; see ``Archive.write``."""
        jobs = [(index, record) for index, record in enumerate(records) if isinstance(record, Record)]
        rows = [(index, record) for index, record in enumerate(records) if isinstance(record, Failure)]
        duplicates: list[int] = []
        conflicts: list[int] = []
        for _, part in portions(jobs, _WRITTEN, _size):
            words = [word for _, record in part for word in _words(record)]
            least = least_number(self._clock.now())
            for place, *texts in await self._connection.run("write", least, *words, durable=True):
                index, record = part[place]
                payload, original = (None if text is None else text.decode() for text in texts)
                same = same_content(record.first_payload, original or payload or "")
                (duplicates if same else conflicts).append(index)
        new = await reject(self._connection, [failure for _, failure in rows])
        duplicates += [index for (index, _), is_new in zip(rows, new, strict=True) if not is_new]
        accepted = len(records) - len(duplicates) - len(conflicts)
        return Accepted(accepted, tuple(sorted(duplicates)), tuple(conflicts))

    async def prune(self, before: float) -> int:
        """Forget delivered jobs; see ``Archive.prune``."""
        return int(await self._connection.run("prune", repr(before), _PRUNED))


def _size(one: tuple[int, Record]) -> int:
    return len(one[1].payload) + len(one[1].original or "")


def _record(row: Row) -> Record:
    id_ = row.id.decode()
    if row.where is State.LEASED:
        raise in_hand(id_)
    failure = orjson.loads(row.end) if row.end is not None and row.where is not State.DELIVERED else None
    return Record(
        id=id_,
        lane=lane_of(row.lane),
        payload=row.payload.decode(),
        state=row.where,
        priority=int(row.priority or 0),
        source=source_of(row.file, row.line),
        original=None if row.original is None else row.original.decode(),
        attempts=int(row.attempts or 0),
        expiries=int(row.expiries or 0),
        sent=row.sent is not None,
        first_at=None if row.first_at is None else float(row.first_at),
        due_at=None if row.due is None else float(row.due),
        holds=row.holds is not None,
        history=row.history,
        problem=failure and problem_of(failure),
        failed_at=failure["failed_at"] if failure else 0.0,
        result=result_from(row) if row.where is State.DELIVERED else None,
    )


def _words(record: Record) -> Iterator[Word]:
    source = ("", "") if record.source is None else (file_text(record.source.file), record.source.line)
    yield from (record.id, lane_text(record.lane), record.payload, int(record.priority), *source)
    at = record.result.delivered_at if record.result else record.due_at
    yield from (record.state.value, "" if at is None else repr(at))
    yield from (record.attempts or "", record.expiries or "", int(record.sent) or "")
    yield "" if record.first_at is None else repr(record.first_at)
    yield "" if record.problem is None else record.problem.cause.value
    yield from (int(record.holds) or "", record.original or "", _end(record))
    yield len(record.history)
    yield from map(as_json, record.history)


def _end(record: Record) -> str:
    if record.result is not None:
        return kept_result(record.result, len(record.history))
    return "" if record.problem is None else as_json(failure_record(record.problem, record.failed_at))
