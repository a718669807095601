"""Takes in records that another store gave, inside the caller's transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence

from worker.failure import Failure
from worker.job import Lane
from worker.ports import Accepted
from worker.queues.arrivals import sorted_out
from worker.queues.identifiers import ids_text
from worker.queues.record import as_json, failure_record, kept_result
from worker.queues.sqlite.mending import reject
from worker.queues.sqlite.moves import count_moves
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.session import Session
from worker.queues.states import number_of
from worker.record import Record


def write(session: Session, *, names: Names, records: Sequence[Record | Failure]) -> Accepted:
    """Take in those records that are new."""
    arrivals = sorted_out(records, _known(session, records), _kept(session, records))
    if arrivals.jobs:
        _add(session, names, arrivals.jobs)
    if arrivals.rejects:
        reject(session, failures=arrivals.rejects)
    return arrivals.accepted


def _known(session: Session, records: Sequence[Record | Failure]) -> dict[str, str]:
    ids = [record.id for record in records if isinstance(record, Record)]
    held = session.rows("read_contents", ids=as_json(ids_text(ids)))
    return {ids[index]: payload if original is None else original for index, _, payload, original in held}


def _kept(session: Session, records: Sequence[Record | Failure]) -> set[str]:
    ids = [record.id for record in records if isinstance(record, Failure)]
    return {ids[index] for index in session.rows("find_rejects", ids=as_json(ids_text(ids)))}


def _add(session: Session, names: Names, jobs: Sequence[Record]) -> None:
    first = session.value("next_seq")
    lanes = names.ensured(session, {job.lane for job in jobs})
    session.change("add_records", first=first, records=as_json(_rows(session, names, lanes, jobs)))
    session.change("add_bodies", first=first, payloads=as_json([job.payload for job in jobs]))
    numbered = list(enumerate(jobs, first))
    if originals := [(seq, job.original) for seq, job in numbered if job.original is not None]:
        session.change("add_originals", originals=as_json(originals))
    if attempts := [(seq, number, one) for seq, job in numbered for number, one in enumerate(job.history, 1)]:
        session.change("add_attempts", attempts=as_json(attempts))
    if holders := [(lanes[job.lane], seq) for seq, job in numbered if job.holds]:
        session.change("hold_lanes", holders=as_json(holders))
    _end(session, first, numbered)
    count_moves(session, Counter(job.state for job in jobs))


def _end(session: Session, first: int, numbered: Sequence[tuple[int, Record]]) -> None:
    """Keep what became of those that have ended, numbered in the order in which they came."""
    results = {str(seq): kept_result(job.result, len(job.history)) for seq, job in numbered if job.result is not None}
    failures = [
        (seq, job.problem.cause, job.problem.status, failure_record(job.problem, job.failed_at))
        for seq, job in numbered
        if job.problem is not None
    ]
    if results:
        session.change("add_results", results=as_json(results))
    if failures:
        session.change("add_failures", failures=as_json(failures))
    if results and failures:
        session.change("remove_endings", first=first)
        session.change("add_endings", first=first)


def _rows(
    session: Session, names: Names, lanes: Mapping[Lane, int], jobs: Sequence[Record]
) -> list[tuple[object, ...]]:
    files = {name: names.number_of(session, name) for name in {job.source.file for job in jobs if job.source}}
    return [
        (
            id_,
            lanes[job.lane],
            number_of(job.state),
            job.priority,
            len(job.payload),
            job.attempts,
            job.expiries,
            len(job.history),
            job.due_at,
            job.source and files[job.source.file],
            job.source and job.source.line,
            int(job.sent),
            job.first_at,
        )
        for id_, job in zip(ids_text([job.id for job in jobs]), jobs, strict=True)
    ]
