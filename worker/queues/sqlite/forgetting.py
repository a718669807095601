"""Forgets jobs for good, inside the caller's transaction."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from worker.job import State
from worker.queues.record import as_json
from worker.queues.sqlite.moves import count_moves
from worker.queues.sqlite.session import Session

_STATEMENTS: Final = (
    "remove_jobs",
    "remove_bodies",
    "remove_edits",
    "remove_attempts",
    "remove_failures",
    "remove_results",
)

#: Jobs forgotten in one transaction by age: some 20 ms.
_PRUNED: Final = 1_000


def forget(session: Session, jobs: Sequence[tuple[int, State]]) -> None:
    """Forget jobs, by their numbers and states, and all about them."""
    seqs = as_json([seq for seq, _ in jobs])
    for statement in _STATEMENTS:
        session.change(statement, seqs=seqs)
    moves: Counter[State] = Counter()
    moves.subtract(state for _, state in jobs)
    count_moves(session, moves)


def prune(session: Session, *, before: float) -> int:
    """Forget some jobs that were delivered before a time, in epoch seconds; how many."""
    seqs = session.rows("find_delivered", before=before, most=_PRUNED)
    if seqs:
        forget(session, [(seq, State.DELIVERED) for seq in seqs])
    return len(seqs)
