"""Changes the ledger: rejects rows, sends failed jobs again, calls them delivered, forgets them."""

from collections.abc import Mapping, Sequence

from worker.failure import Failure
from worker.job import Lane
from worker.ports import Edit
from worker.queues.content import place_of
from worker.queues.portions import SCRIPT, portions
from worker.queues.record import as_json, lane_text, reject_record, result_text
from worker.queues.valkey.connection import Connection, Word
from worker.queues.valkey.numbering import least_number
from worker.queues.valkey.reading import read_lanes_of
from worker.redaction import redact


async def reject(connection: Connection, failures: Sequence[Failure]) -> list[bool]:
    """Keep rows that are no jobs; which were new."""
    new: list[bool] = []
    for _, part in portions(failures, SCRIPT):
        words = [word for failure in part for word in _reject_words(failure)]
        new += [bool(kept) for kept in await connection.run("reject", *words, durable=True)]
    return new


def _reject_words(failure: Failure) -> tuple[Word, ...]:
    record = [list(failure.lane), reject_record(failure, redact(failure.job))]
    return failure.id, failure.problem.cause.value, as_json(record)


async def replay(connection: Connection, edits: Sequence[Edit]) -> int:
    """Put failed jobs back to ready or delayed, with new content where there is one; how many."""
    lanes = await read_lanes_of(connection, [edit.id for edit in edits if edit.payload is not None])
    done = 0
    for _, part in portions(edits, SCRIPT, lambda edit: len(edit.payload or "")):
        words = [word for edit in part for word in _edit_words(edit, lanes)]
        done += await connection.run("replay", *words, durable=True)
    return done


def _edit_words(edit: Edit, lanes: Mapping[str, Lane]) -> tuple[Word, ...]:
    due = "" if edit.due_at is None else repr(edit.due_at)
    if edit.payload is None or edit.id not in lanes:
        return edit.id, due, "", "", ""
    lane, priority = place_of(edit.payload, lanes[edit.id])
    return edit.id, due, edit.payload, lane_text(lane), int(priority)


async def resolve(connection: Connection, ids: Sequence[str], at: float) -> int:
    """Call parked jobs delivered; how many."""
    done = 0
    for _, part in portions(ids, SCRIPT):
        done += await connection.run("resolve", repr(at), result_text(None, at), least_number(at), *part, durable=True)
    return done


async def discard(connection: Connection, ids: Sequence[str]) -> int:
    """Forget failed jobs and rejected rows for good; how many."""
    gone = 0
    for _, part in portions(ids, SCRIPT):
        gone += await connection.run("discard", *part, durable=True)
    return gone
