"""What of the server's word is worth telling the quota: that little is left, so that nothing is sent in vain."""

from typing import Final, NamedTuple

from worker.job import Scope
from worker.limits.count import Count
from worker.limits.word import MAX_WAIT_S, Word
from worker.ports import Told

_SCARCE: Final = 0.2  # of the limit; while there is more, our own budgets are the better guide
_SAME_WINDOW_S: Final = 1.0  # resets are rounded to seconds, each answer's on its own
_NEWS: Final = 0.8  # of what was told last: less than that is news


class Abroad(NamedTuple):
    """Requests that an answer may know nothing of.

    Attributes:
        most: that may be under way at once.
        now: that are under way.
    """

    most: int = 0
    now: int = 0


_NONE: Final = Abroad()


def told(word: Word, scope: Scope, before: Told | None, now: float, abroad: Abroad = _NONE) -> Told | None:
    """What to tell the quota; None while plenty is left, and where it has been told as much already.

    What is under way will draw on what is left, and is taken off. In one window it is told a few dozen times at most:
    whenever a fifth less is left than it knows of, and of 0.

    Args:
        word: of an answer.
        scope: whose requests the API counts together.
        before: what was told of this scope last.
        now: epoch seconds.
        abroad: of this scope, without the request that was answered.
    """
    scarce = [count for count in word.counts if _scarce(count, now, abroad.most)]
    if not scarce:
        return None
    count = min(scarce, key=lambda one: one.remaining)
    assert count.reset_at is not None, "else it is not scarce"
    remaining, reset_at = max(count.remaining - abroad.now, 0.0), min(count.reset_at, now + MAX_WAIT_S)
    if (
        before is not None
        and abs(before.reset_at - reset_at) <= _SAME_WINDOW_S
        and remaining >= before.remaining * _NEWS
    ):
        return None
    return Told(scope, remaining, reset_at)


def _scarce(count: Count, now: float, most: int) -> bool:
    """Whether a limit is about to be reached: little of it is left, or less than may be under way at once."""
    if count.cost is not None or count.reset_at is None or count.reset_at <= now:
        return False
    return count.remaining < max(1, most, (count.limit or 0) * _SCARCE)
