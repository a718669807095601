"""How states stand in the database, and how many jobs are in each."""

from collections.abc import Mapping
from typing import Final

from worker.job import State
from worker.queues.sqlite.session import Session, as_json

_STATES: Final = (State.READY, State.LEASED, State.DELAYED, State.DELIVERED, State.DEAD, State.PARKED)
_NUMBERS: Final = {state: number for number, state in enumerate(_STATES)}


def number_of(state: State) -> int:
    """The number of a state; ``sql/`` writes it out."""
    return _NUMBERS[state]


def state_of(number: int) -> State:
    """The state of a number."""
    return _STATES[number]


def count_moves(session: Session, moves: Mapping[State, int]) -> None:
    """Say how many jobs a transaction added to each state, or took from it."""
    session.change("count_moves", moves=as_json([(number_of(state), jobs) for state, jobs in moves.items()]))
