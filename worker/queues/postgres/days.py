"""Makes sure that there is a partition for each day on which jobs are delivered."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from worker.queues.postgres.session import Session

#: A copy of an old queue may bring many days: forget them all before they weigh anything.
_REMEMBERED: Final = 1_000
_DAY_S: Final = 86_400.0


def day_of(at: float) -> date:
    """The day (UTC) of epoch seconds."""
    return datetime.fromtimestamp(at, UTC).date()


class Days:
    """The days of results that are known to have their partition. Nobody takes it away while it may get any."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: set[date] = set()

    async def today(self, now: float) -> date:
        """The day of ``now``, which has its partition; that of the next is made ahead, so that midnight is no event."""
        today = day_of(now)
        if today not in self._known or day_of(now + _DAY_S) not in self._known:
            await self.ensure((now, now + _DAY_S))
        return today

    async def ensure(self, times: Iterable[float]) -> None:
        """Make the partitions of these times (epoch seconds), where they are missing; durably, on its own."""
        missing = {day_of(at) for at in times} - self._known
        if not missing:
            return
        await self._session.rows("make_days", sorted(missing))
        if len(self._known) + len(missing) > _REMEMBERED:
            self._known.clear()
        self._known |= missing
