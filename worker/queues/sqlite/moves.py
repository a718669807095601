"""How many jobs are in each state."""

from collections.abc import Mapping

from worker.job import State
from worker.queues.record import as_json
from worker.queues.sqlite.session import Session
from worker.queues.states import number_of


def count_moves(session: Session, moves: Mapping[State, int]) -> None:
    """Say how many jobs a transaction added to each state, or took from it."""
    session.change("count_moves", moves=as_json([(number_of(state), jobs) for state, jobs in moves.items()]))
