"""Takes in records that another store gave: what they need is made first, then all of them come in one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from worker.failure import Failure
from worker.job import Lane, State
from worker.outcome import Problem
from worker.queues.arrivals import Arrivals, sorted_out
from worker.queues.identifiers import id_of, ids_text
from worker.queues.postgres.days import day_of
from worker.queues.postgres.forgetting import make_days
from worker.queues.postgres.mending import reject
from worker.queues.postgres.moves import count_moves
from worker.queues.postgres.names import Names
from worker.queues.postgres.session import Statements, Transaction
from worker.queues.record import as_json, failure_record, kept_result
from worker.queues.states import number_of
from worker.record import Record


class Numbers(NamedTuple):
    """The numbers of what records name."""

    lanes: Mapping[Lane, int]
    files: Mapping[str, int]


class Arriving(NamedTuple):
    """A job on its way in, under its new number."""

    seq: int
    job: Record
    lane: int


async def sort_out(statements: Statements, records: Sequence[Record | Failure]) -> Arrivals:
    """Tell the new ones from those that are known."""
    jobs = ids_text([record.id for record in records if isinstance(record, Record)])
    rejects = ids_text([record.id for record in records if isinstance(record, Failure)])
    contents = await statements.rows("read_contents", jobs)
    kept = await statements.rows("find_rejects", rejects)
    known = {id_of(id_): payload if original is None else original for id_, payload, original in contents}
    return sorted_out(records, known, {id_of(row["id"]) for row in kept})


async def number(names: Names, arrivals: Arrivals) -> Numbers:
    """Make the lanes and the files that there are not yet."""
    lanes = {job.lane for job in arrivals.jobs} | {failure.lane for failure in arrivals.rejects}
    files = {job.source.file for job in arrivals.jobs if job.source is not None}
    return Numbers(await names.lanes(lanes), {file: await names.file(file) for file in files})


async def write(transaction: Transaction, arrivals: Arrivals, numbers: Numbers) -> None:
    """Take in those records that are new."""
    if arrivals.jobs:
        seqs = await transaction.rows("next_seqs", len(arrivals.jobs))
        arriving = [
            Arriving(row["seq"], job, numbers.lanes[job.lane]) for row, job in zip(seqs, arrivals.jobs, strict=True)
        ]
        await _add(transaction, arriving, numbers.files)
        await count_moves(transaction, Counter(job.state for job in arrivals.jobs))
    if arrivals.rejects:
        await reject(transaction, arrivals.rejects, numbers.lanes)


async def _add(transaction: Transaction, arriving: Sequence[Arriving], files: Mapping[str, int]) -> None:
    unfinished = [one for one in arriving if one.job.state is not State.DELIVERED]
    batches = {
        "copy_bodies": _bodies(arriving, files),
        "copy_jobs": list(map(_row, unfinished)),
        "copy_attempts": _attempts(unfinished),
        "copy_failures": [
            _failure(seq, job.problem, job.failed_at) for seq, job, _ in unfinished if job.problem is not None
        ],
        "copy_endings": [
            (seq, job.result and day_of(job.result.delivered_at))
            for seq, job, _ in arriving
            if job.result is not None or job.problem is not None
        ],
    }
    for statement, rows in batches.items():
        if rows:
            await transaction.rows(statement, *zip(*rows, strict=True))
    await _deliver(transaction, [one for one in arriving if one.job.state is State.DELIVERED])


def _bodies(arriving: Sequence[Arriving], files: Mapping[str, int]) -> list[tuple[Any, ...]]:
    ids = ids_text([one.job.id for one in arriving])
    return [
        (seq, id_, job.source and files[job.source.file], job.source and job.source.line, job.payload, job.original)
        for (seq, job, _), id_ in zip(arriving, ids, strict=True)
    ]


def _row(one: Arriving) -> tuple[Any, ...]:
    seq, job, lane = one
    return (
        seq,
        len(job.history),
        lane,
        number_of(job.state),
        job.priority,
        len(job.payload),
        job.attempts,
        job.expiries,
        job.sent,
        job.first_at,
        job.due_at,
        job.holds,
    )


def _failure(seq: int, problem: Problem, failed_at: float) -> tuple[Any, ...]:
    return seq, problem.cause.value, problem.status, failed_at, as_json(failure_record(problem, failed_at))


def _attempts(arriving: Sequence[Arriving]) -> list[tuple[int, int, str]]:
    """The histories of jobs, whose fences begin at 1."""
    return [(seq, fence, as_json(one)) for seq, job, _ in arriving for fence, one in enumerate(job.history, 1)]


async def _deliver(transaction: Transaction, arriving: Sequence[Arriving]) -> None:
    results = [(one, one.job.result) for one in arriving if one.job.result is not None]
    if not results:
        return
    await make_days(transaction, (result.delivered_at for _, result in results))
    rows = [
        (
            seq,
            day_of(result.delivered_at),
            len(job.history),
            result.delivered_at,
            job.first_at,
            lane,
            job.priority,
            job.attempts,
            job.expiries,
            kept_result(result, len(job.history)),
        )
        for (seq, job, lane), result in results
    ]
    history = _attempts(arriving)
    seqs, records = [seq for seq, _, _ in history], [record for _, _, record in history]
    await transaction.rows("copy_results", *zip(*rows, strict=True), seqs, records)
