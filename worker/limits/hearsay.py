"""What of the server's word is worth telling the quota: that little is left, so that nothing is sent in vain."""

from typing import Final

from worker.job import Scope
from worker.limits.count import Count
from worker.limits.word import MAX_WAIT_S, Word
from worker.ports import Told

_SCARCE: Final = 0.2  # of the limit; while there is more, our own budgets are the better guide
_SAME_WINDOW_S: Final = 1.0  # resets are rounded to seconds, each answer's on its own
_NEWS: Final = 0.8  # of what was told last: less than that is news


def told(word: Word, scope: Scope, before: Told | None, now: float, at_once: int = 0) -> Told | None:
    """What is worth telling the quota; None while plenty is left, and where as much has been told already.

    In one window that is a few dozen times at most: whenever a fifth less is left than was told last, and of 0.

    Args:
        word: of an answer.
        scope: whose requests the API counts together.
        before: what this function said of the scope last.
        now: epoch seconds.
        at_once: requests that may be under way at once: fewer than that are little, whatever the limit.
    """
    scarce = [count for count in word.counts if _scarce(count, now, at_once)]
    if not scarce:
        return None
    count = min(scarce, key=lambda one: one.remaining)
    assert count.reset_at is not None, "else it is not scarce"
    reset_at = min(count.reset_at, now + MAX_WAIT_S)
    known = before is not None and before.reset_at > now and abs(before.reset_at - reset_at) <= _SAME_WINDOW_S
    if known and before is not None and count.remaining >= before.remaining * _NEWS:
        return None
    return Told(scope, count.remaining, reset_at)


def reduced(said: Told, under_way: int) -> Told:
    """What is left for requests that have not left yet: those under way will draw on it too."""
    return said._replace(remaining=max(said.remaining - max(under_way, 0), 0.0))


def _scarce(count: Count, now: float, at_once: int) -> bool:
    """Whether a limit is about to be reached: little of it is left, or less than may be under way at once."""
    if count.cost is not None or count.reset_at is None or count.reset_at <= now:
        return False
    return count.remaining < max(1, at_once, (count.limit or 0) * _SCARCE)
