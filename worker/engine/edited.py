"""Reads failure records back that a person has edited: the ``job`` of a line takes the place of the job's content."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, NamedTuple

from worker.engine.choosing import by_id
from worker.engine.replaying import Mended, Replay, Replayed
from worker.engine.unredacted import unredacted
from worker.failure import Failure
from worker.intake.row import Row
from worker.ports import Ledger

_AT_ONCE: Final = 200  # lines, which may be long, that are looked up and queued together


class _Line(NamedTuple):
    """A line of the file: which failure it is about, and its job as it is to be; or only what is wrong with it."""

    number: int
    id: str
    job: Mapping[str, Any]
    reason: str = ""


async def replay_edited(ledger: Ledger, rows: Iterable[Row], name: str, into: Replay) -> Replayed:
    """Put jobs back on the queue as the lines of a file called ``name`` have them; others are told of by their line."""
    for lines in _batches(map(_read, rows)):
        failures = await by_id(ledger, [line.id for line in lines if not line.reason])
        page = []
        for line in lines:
            failure = failures.pop(line.id, None)
            where = f"{name}:{line.number}"
            if reason := _reason(line, failure):
                into.done.unknown += 1
                into.tell(where, reason)
            elif failure is not None:
                page.append(Mended(where, failure, partial(unredacted, line.job)))
        await into.take(page)
    return into.done


def _batches(lines: Iterator[_Line]) -> Iterator[Sequence[_Line]]:
    while batch := tuple(islice(lines, _AT_ONCE)):
        yield batch


def _read(row: Row) -> _Line:
    if row.fault is not None:
        return _Line(row.line, "", {}, f"{row.fault.detail} ({row.fault.hint})" if row.fault.hint else row.fault.detail)
    record = row.value if isinstance(row.value, Mapping) else {}
    id_, job = record.get("id"), record.get("job")
    if not isinstance(id_, str):
        return _Line(row.line, "", {}, "it is no failure record: `id` is missing; write one as `failures export` does")
    if not isinstance(job, Mapping):
        return _Line(row.line, "", {}, "its `job` is no object: leave out lines that are not to be sent again")
    return _Line(row.line, id_, job)


def _reason(line: _Line, failure: Failure | None) -> str:
    if line.reason:
        return line.reason
    if failure is None:
        return f"no failure has the id {line.id!r}: it was sent again or discarded since, or stands here twice"
    if failure.state is None:
        return "it never became a job: correct it in its file and submit that again"
    return ""
