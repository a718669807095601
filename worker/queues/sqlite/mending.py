"""Changes the ledger: rejects rows, sends failed jobs again, calls them delivered, forgets them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from worker.failure import Failure
from worker.job import Lane, State
from worker.ports import Edit
from worker.queues.content import place_of
from worker.queues.identifiers import id_text, ids_text
from worker.queues.record import as_json, lane_text, reject_record, result_text
from worker.queues.sqlite.forgetting import forget
from worker.queues.sqlite.moves import count_moves
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.session import Session
from worker.queues.states import number_of, state_of
from worker.redaction import redact


class _Job(NamedTuple):
    """A row of ``find_failed.sql``."""

    seq: int
    state: State
    lane: Lane


def reject(session: Session, *, failures: Sequence[Failure]) -> int:
    """Keep rows that are no jobs; how many were new."""
    rows = [
        (
            id_text(failure.id),
            lane_text(failure.lane),
            failure.problem.cause,
            failure.problem.status,
            failure.failed_at,
            reject_record(failure, redact(failure.job)),
        )
        for failure in failures
    ]
    return session.change("add_rejects", rejects=as_json(rows))


def replay(session: Session, *, names: Names, edits: Sequence[Edit]) -> int:
    """Put failed jobs back to ready or delayed, with new content where there is one; how many."""
    found = _failed(session, [edit.id for edit in edits])
    # of one that is given twice, the first counts
    chosen = {job: edit for edit in reversed(edits) if (job := found.get(edit.id))}
    seqs = as_json([job.seq for job in chosen])
    session.change("free_lanes", seqs=seqs)
    _mend(session, names, chosen)
    session.change("remove_failures", seqs=seqs)
    session.change("mark_replayed", replays=as_json([(job.seq, edit.due_at) for job, edit in chosen.items()]))
    moves = Counter(State.READY if edit.due_at is None else State.DELAYED for edit in chosen.values())
    moves.subtract(job.state for job in chosen)
    count_moves(session, moves)
    return len(chosen)


def resolve(session: Session, *, ids: Sequence[str], at: float) -> int:
    """Call parked jobs delivered; how many."""
    parked = [job.seq for job in _failed(session, ids).values() if job.state is State.PARKED]
    seqs = as_json(parked)
    session.change("remove_failures", seqs=seqs)
    session.change("mark_settled", state=number_of(State.DELIVERED), due_at=None, charge=0, sent=False, seqs=seqs)
    session.change("add_results", results=as_json({str(seq): result_text(None, at) for seq in parked}))
    count_moves(session, {State.PARKED: -len(parked), State.DELIVERED: len(parked)})
    return len(parked)


def discard(session: Session, *, ids: Sequence[str]) -> int:
    """Forget failed jobs and rejected rows for good; how many."""
    found = _failed(session, ids)
    forget(session, [(job.seq, job.state) for job in found.values()])
    return len(found) + session.change("remove_rejects", ids=as_json(ids_text(ids)))


def _failed(session: Session, ids: Sequence[str]) -> dict[str, _Job]:
    rows = session.rows("find_failed", ids=as_json(ids_text(ids)))
    return {ids[index]: _Job(seq, state_of(state), Lane(*lane)) for index, seq, state, lane in rows}


def _mend(session: Session, names: Names, edits: Mapping[_Job, Edit]) -> None:
    """Replace contents, and move jobs to the lanes that these name."""
    changed = {job: edit.payload for job, edit in edits.items() if edit.payload is not None}
    if not changed:
        return
    places = {job: place_of(payload, job.lane) for job, payload in changed.items()}
    lanes = names.ensured(session, {lane for lane, _ in places.values()})
    contents = as_json([(job.seq, payload) for job, payload in changed.items()])
    session.change("keep_originals", edits=contents)
    session.change("mend_bodies", edits=contents)
    rows = [(job.seq, lanes[lane], priority, len(changed[job])) for job, (lane, priority) in places.items()]
    session.change("mend_jobs", places=as_json(rows))
