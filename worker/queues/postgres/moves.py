"""How many jobs are in each state: what a transaction of several statements has moved."""

from collections.abc import Mapping

from worker.job import State
from worker.queues.postgres.session import Statements
from worker.queues.states import STATES


async def count_moves(statements: Statements, moves: Mapping[State, int]) -> None:
    """Say how many jobs a transaction added to each state, or took from it."""
    await statements.rows("count_moves", *(moves.get(state, 0) for state in STATES))
