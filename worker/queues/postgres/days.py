"""Makes sure that there is a partition for each day on which jobs are delivered."""

from datetime import UTC, date, datetime
from typing import Final

from worker.queues.postgres.session import Session

_DAY_S: Final = 86_400.0


def day_of(at: float) -> date:
    """The day (UTC) of epoch seconds."""
    return datetime.fromtimestamp(at, UTC).date()


def today_and_tomorrow(now: float) -> tuple[date, date]:
    """The day of ``now``, and the next."""
    return day_of(now), day_of(now + _DAY_S)


class Days:
    """Remembers which partition was made last. Nobody takes one away while it may get any.

    Unless a server comes back as it was before; then what is remembered is forgotten.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: date | None = None

    def forget(self) -> None:
        """Remember nothing any more: the server may not be the one it was."""
        self._made = None

    async def today(self, now: float) -> date:
        """The day of ``now``, which has its partition; that of the next is made ahead, so that midnight is no event."""
        today, tomorrow = today_and_tomorrow(now)
        if tomorrow != self._made:
            await self._session.rows("make_days", [today, tomorrow])
            self._made = tomorrow
        return today
