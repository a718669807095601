"""Accounts as rows of a table: one statement reads them, one swaps them."""

from collections.abc import Mapping, Sequence
from typing import Final

from worker.errors import StoreBusyError
from worker.queues.postgres.session import Rows, Session
from worker.queues.swapping import Change

#: After so many changes as many accounts, and as many again, are looked through for those that are full: bounded work,
#: and faster than new ones can come.
_SWEEP_AFTER: Final = 1_000


class PostgresAccounts:
    """See ``Accounts``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = 0
        self._swept = ""

    async def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """See ``Accounts``."""
        return _texts(await self._session.rows("read_quotas", names))

    async def swap(self, changes: Sequence[Change], now: float) -> Mapping[str, str] | None:
        """See ``Accounts``."""
        names, seen, new, full_at = zip(*changes, strict=True)
        try:
            current = await self._session.rows("swap_quotas", names, seen, new, full_at)
        except StoreBusyError:  # somebody made one of them at the same time
            return await self.read(names)
        if current:
            return _texts(current)
        await self._sweep(sum(1 for change in changes if change.new), now)
        return None

    async def _sweep(self, changes: int, now: float) -> None:
        """Forget accounts that are full again, a part of them at a time, round and round."""
        self._changes += changes
        if self._changes < _SWEEP_AFTER:
            return
        most, self._changes = 2 * self._changes, 0
        last = await self._session.rows("forget_quotas", self._swept, most, now)
        self._swept = last[0]["last"] if last else ""


def _texts(rows: Rows) -> dict[str, str]:
    return {row["name"]: row["state"] for row in rows}
