"""Records what became of leased jobs, inside the caller's transaction."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from worker.job import State
from worker.outcome import Delivered, Settlement
from worker.queues.record import as_json, failure_record, result_text
from worker.queues.sqlite.inbox import take
from worker.queues.sqlite.leasing import live, settled
from worker.queues.sqlite.moves import count_moves
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.session import Session
from worker.queues.states import number_of
from worker.queues.transition import Move, follows, move_of

_Moves: TypeAlias = list[tuple[Settlement, Move]]


def settle(session: Session, *, names: Names, settlements: Sequence[Settlement], now: float) -> list[bool]:
    """Record outcomes, and take in what follows from them; ``now`` is in epoch seconds.

    Which leases held, or were settled before.
    """
    holding = live(session, (settlement.lease for settlement in settlements))
    moves: _Moves = []
    recorded = []
    for item in settlements:
        lease = item.lease.seq, item.lease.fence
        recorded.append(lease in holding)
        if lease in holding:
            holding.remove(lease)  # of a lease that is given twice, only the first is recorded
            moves.append((item, move_of(item, now)))
    if moves:
        _move(session, moves)
        _record(session, moves, now)
    if following := follows(settlements, recorded):
        take(session, names=names, entries=following, file=None, now=now)
    if len(moves) == len(settlements):
        return recorded
    known = settled(session, (one.lease for one, new in zip(settlements, recorded, strict=True) if not new))
    return [new or one.lease[:2] in known for one, new in zip(settlements, recorded, strict=True)]


def _move(session: Session, moves: _Moves) -> None:
    """Change the states: one statement for all jobs that go the same way, one for all that are tried again."""
    retries: list[tuple[int, int, float | None, float]] = []
    ways: dict[tuple[State, float | None, int, bool], list[int]] = {}
    counts = Counter({State.LEASED: -len(moves)})
    for item, move in moves:
        counts[move.state] += 1
        if move.tried_at is not None:
            retries.append((item.lease.seq, number_of(move.state), move.due_at, move.tried_at))
        else:
            ways.setdefault((move.state, move.due_at, move.charge, move.sent), []).append(item.lease.seq)
    for (state, due_at, charge, sent), seqs in ways.items():
        way = {"state": number_of(state), "due_at": due_at, "charge": charge, "sent": sent}
        session.change("mark_settled", **way, seqs=as_json(seqs))
    if retries:
        session.change("mark_retried", retries=as_json(retries))
    count_moves(session, counts)


def _record(session: Session, moves: _Moves, now: float) -> None:
    results: dict[str, str] = {}
    attempts, failures = [], []
    for item, move in moves:
        seq = item.lease.seq
        if move.recorded and item.attempt is not None:
            attempts.append((seq, item.lease.fence, item.attempt))
        if move.problem is not None:
            cause, status = move.problem.cause, move.problem.status
            failures.append((seq, cause, status, failure_record(move.problem, now)))
        elif isinstance(item.outcome, Delivered):
            results[str(seq)] = result_text(item.attempt, now)
    if results:
        session.change("add_results", results=as_json(results))
    if attempts:
        session.change("add_attempts", attempts=as_json(attempts))
    if failures:
        session.change("add_failures", failures=as_json(failures), now=now)
