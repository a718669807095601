"""Changes the ledger: rejects rows, sends failed jobs again, calls them delivered, forgets them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from worker.failure import Failure
from worker.job import Lane, State
from worker.ports import Edit
from worker.queues.content import place_of
from worker.queues.identifiers import ids_text
from worker.queues.postgres.days import day_of
from worker.queues.postgres.forgetting import make_days
from worker.queues.postgres.session import Statements, Transaction
from worker.queues.record import as_json, reject_record, result_text
from worker.queues.states import state_of
from worker.redaction import redact


class Failed(NamedTuple):
    """A job that is dead or parked: a row of ``find_failed.sql``."""

    seq: int
    state: State
    lane: Lane


class Place(NamedTuple):
    """Where a mended job goes: the number of its lane, and its priority there."""

    lane: int
    priority: int


async def find_failed(statements: Statements, ids: Sequence[str]) -> dict[str, Failed]:
    """Those jobs that have failed, by id; nobody else changes them to the end of the transaction."""
    rows = await statements.rows("find_failed", ids_text(ids))
    return {
        ids[row["place"] - 1]: Failed(row["seq"], state_of(row["state"]), Lane(*orjson.loads(row["lane"])))
        for row in rows
    }


async def reject(statements: Statements, failures: Sequence[Failure], lanes: Mapping[Lane, int]) -> int:
    """Keep rows that are no jobs; how many were new."""
    added = await statements.value(
        "add_rejects",
        ids_text([failure.id for failure in failures]),
        [lanes[failure.lane] for failure in failures],
        [failure.problem.cause.value for failure in failures],
        [failure.problem.status for failure in failures],
        [failure.failed_at for failure in failures],
        [as_json(reject_record(failure, redact(failure.job))) for failure in failures],
    )
    return int(added)


def places_of(failed: Mapping[str, Failed], edits: Mapping[str, Edit]) -> dict[str, tuple[Lane, int]]:
    """The lane and the priority that each new content names, by id."""
    return {
        id_: place_of(edit.payload, failed[id_].lane)
        for id_, edit in edits.items()
        if edit.payload is not None and id_ in failed
    }


async def replay(transaction: Transaction, edits: Mapping[str, Edit], places: Mapping[str, Place]) -> int:
    """Put failed jobs back to ready or delayed, with new content where there is one; how many."""
    failed = await find_failed(transaction, list(edits))
    # one that has failed only since it was found out where new contents go had not failed when this was asked
    chosen = {id_: job for id_, job in failed.items() if edits[id_].payload is None or id_ in places}
    if chosen:
        due = [edits[id_].due_at for id_ in chosen]
        await transaction.rows("replay", [job.seq for job in chosen.values()], due)
    if mended := [id_ for id_ in chosen if id_ in places]:
        seqs, payloads = [chosen[id_].seq for id_ in mended], [edits[id_].payload for id_ in mended]
        lanes, priorities = zip(*(places[id_] for id_ in mended), strict=True)
        await transaction.rows("mend", seqs, payloads, lanes, priorities)
    return len(chosen)


async def resolve(transaction: Transaction, ids: Sequence[str], at: float) -> int:
    """Call parked jobs delivered; how many."""
    failed = await find_failed(transaction, ids)
    parked = [job.seq for job in failed.values() if job.state is State.PARKED]
    if parked:
        await make_days(transaction, [at])
        await transaction.rows("resolve", parked, day_of(at), at, result_text(None, at))
    return len(parked)


async def discard(transaction: Transaction, ids: Sequence[str]) -> int:
    """Forget failed jobs and rejected rows for good; how many."""
    failed = await find_failed(transaction, ids)
    if failed:
        await transaction.rows("discard", [job.seq for job in failed.values()])
    return len(failed) + int(await transaction.value("discard_rejects", ids_text(ids)))
