"""Records what became of leased jobs."""

from collections.abc import Sequence

from worker.job import State
from worker.outcome import Settlement
from worker.queues.portions import SCRIPT, portions
from worker.queues.record import as_json, failure_record, lane_text, result_text
from worker.queues.transition import Move, move_of
from worker.queues.valkey.connection import Connection, Word
from worker.queues.valkey.inbox import entry_words
from worker.queues.valkey.leasing import seq_text
from worker.queues.valkey.numbering import least_number


async def settle(connection: Connection, settlements: Sequence[Settlement], now: float) -> list[bool]:
    """Record outcomes, and take in what follows from them; which leases held. ``now`` is in epoch seconds."""
    settled: list[bool] = []
    for _, part in portions(settlements, SCRIPT, _size):
        words: list[Word] = [least_number(now), len(part)]
        for item in part:
            words += _words(item, move_of(item, now), now)
        for index, item in enumerate(part):
            if item.follow is not None:
                words += [index, *entry_words(item.follow, lane_text(item.follow.lane), now)]
        settled += [bool(holds) for holds in await connection.run("settle", *words)]
    return settled


def _words(item: Settlement, move: Move, now: float) -> list[Word]:
    record = item.attempt if move.recorded else None
    return [
        seq_text(item.lease.seq),
        item.lease.fence,
        move.state.value,
        _time(move, now),
        move.charge,
        "" if move.tried_at is None else repr(move.tried_at),
        int(move.sent),
        "" if record is None else as_json(record),
        "" if move.problem is None else move.problem.cause.value,
        _ending(item, move, now),
    ]


def _time(move: Move, now: float) -> str:
    if move.state is State.DELIVERED:
        return repr(now)
    return "" if move.due_at is None else repr(move.due_at)


def _ending(item: Settlement, move: Move, now: float) -> str:
    if move.state is State.DELIVERED:
        return result_text(item.attempt, now)
    return "" if move.problem is None else as_json(failure_record(move.problem, now))


def _size(item: Settlement) -> int:
    reply = item.attempt.reply if item.attempt is not None else None
    return len(reply or "") + (0 if item.follow is None else len(item.follow.payload))
