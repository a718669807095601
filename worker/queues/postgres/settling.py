"""Records what became of leased jobs, in one statement."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from worker.job import Lease, State
from worker.outcome import Settlement
from worker.queues.postgres.session import Statements
from worker.queues.record import as_json, failure_record, result_text
from worker.queues.states import number_of
from worker.queues.transition import Move, move_of


async def settle(run: Statements, settlements: Sequence[Settlement], now: float, day: date) -> list[bool]:
    """Record outcomes; which of them were recorded now. ``now`` is in epoch seconds, ``day`` is its day."""
    first = {one.lease[:2]: index for index, one in reversed(list(enumerate(settlements)))}
    rows = [_row(settlements[index], move_of(settlements[index], now), now) for index in sorted(first.values())]
    held = {(seq, fence) for seq, fence in await run.rows("settle", *zip(*rows, strict=True), now, day)}
    return [one.lease[:2] in held and first[one.lease[:2]] == index for index, one in enumerate(settlements)]


async def settled(run: Statements, leases: Sequence[Lease]) -> set[tuple[int, int]]:
    """Those leases that were settled before, and their jobs not touched since, as (seq, fence)."""
    found = await run.rows("find_settled", [one.seq for one in leases], [one.fence for one in leases])
    return {(seq, fence) for seq, fence in found}


def _row(settlement: Settlement, move: Move, now: float) -> tuple[Any, ...]:
    """What ``settle.sql`` takes of one settlement."""
    lease, attempt, problem = settlement.lease, settlement.attempt, move.problem
    record = None
    if problem is not None:
        record = as_json(failure_record(problem, now))
    elif move.state is State.DELIVERED:
        record = result_text(attempt, now)
    return (
        lease.seq,
        lease.fence,
        number_of(move.state),
        move.due_at,
        move.charge,
        move.sent,
        move.tried_at,
        as_json(attempt) if move.recorded and attempt is not None else None,
        problem.cause.value if problem else None,
        problem.status if problem else None,
        record,
    )
