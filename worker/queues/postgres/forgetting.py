"""Forgets deliveries a whole day at a time: first the jobs, in parts, then the day's partition of results.

A day whose jobs are being forgotten may still get results: on a person's word, or from another store. Whoever adds some
makes the walk through its jobs begin anew, and waits for a part that is under way.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from worker.errors import StoreBusyError
from worker.queues.postgres.days import day_of
from worker.queues.postgres.session import Session, Transaction

#: Jobs forgotten in one transaction: some 20 ms.
_PRUNED: Final = 1_000


class _Part(NamedTuple):
    """What was done of a day.

    Attributes:
        gone: how many jobs were forgotten.
        more: whether there may be something left to forget.
    """

    gone: int
    more: bool


async def make_days(transaction: Transaction, times: Iterable[float]) -> None:
    """Make the partitions of these times (epoch seconds), of old days too, and keep them to the transaction's end."""
    days = sorted({day_of(at) for at in times})
    await transaction.rows("restart_walks", days)
    await transaction.rows("make_days", days)


async def prune(session: Session, before: float) -> int:
    """Forget some jobs of the days before that of ``before`` (epoch seconds); how many."""
    kept = day_of(before)

    async def work(transaction: Transaction) -> _Part:
        alone = await transaction.value("lock_walks")
        day = await transaction.value("find_old_day", kept) if alone else None
        if day is None:
            return _Part(0, more=False)
        walked = await transaction.value("begin_walk", day)
        ((last, gone),) = await transaction.rows("walk_day", day, walked, _PRUNED)
        await transaction.rows(*(("drop_day", day) if last is None else ("note_walk", day, last)))
        return _Part(gone, more=True)

    try:
        while not (part := await session.transaction(work)).gone and part.more:
            pass
    except StoreBusyError:  # somebody reads results of that day for long: it goes another time
        return 0
    return part.gone
