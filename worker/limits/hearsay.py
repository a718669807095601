"""What of the server's word is worth telling the quota: that little is left, so that nothing is sent in vain."""

from typing import Final

from worker.job import Scope
from worker.limits.count import Count
from worker.limits.word import MAX_WAIT_S, Word
from worker.ports import Told

_SCARCE: Final = 0.2  # of the limit; while there is more, our own budgets are the better guide
_SAME_WINDOW_S: Final = 1.0  # resets are rounded to seconds, each answer's on its own
_NEWS: Final = 0.8  # of what was told last: less than that is news


def told(word: Word, scope: Scope, before: Told | None, now: float) -> Told | None:
    """What to tell the quota; None while plenty is left, and where it has been told as much already.

    In one window it is told a few dozen times at most: whenever a fifth less is left than it knows of, and of 0.

    Args:
        word: of an answer.
        scope: whose requests the API counts together.
        before: what was told of this scope last.
        now: epoch seconds.
    """
    scarce = [count for count in word.counts if _scarce(count, now)]
    if not scarce:
        return None
    count = min(scarce, key=lambda one: one.remaining)
    assert count.reset_at is not None, "else it is not scarce"
    reset_at = min(count.reset_at, now + MAX_WAIT_S)
    known = before is not None and abs(before.reset_at - reset_at) <= _SAME_WINDOW_S
    if known and before is not None and count.remaining >= before.remaining * _NEWS:
        return None
    return Told(scope, count.remaining, reset_at)


def _scarce(count: Count, now: float) -> bool:
    if count.cost is not None or count.reset_at is None or count.reset_at <= now:
        return False
    return count.remaining < 1 or (count.limit is not None and count.remaining < count.limit * _SCARCE)
