"""Numbers for lanes and files. They never change and never go, so those that are committed are remembered.

Unless a server comes back as it was before, from a replica or a backup: then what is remembered is forgotten.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from worker.job import Lane
from worker.queues.identifiers import id_text
from worker.queues.postgres.session import Session
from worker.queues.record import lane_text

#: Lanes are few, but lanes by key may be as many as keys: forget them all before they weigh more than a few MB.
_REMEMBERED: Final = 10_000


class Names:
    """What this process knows of the numbers."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lanes: dict[Lane, int] = {}
        self._files: dict[str, int] = {}

    def forget(self) -> None:
        """Remember nothing any more: the server may not be the one it was."""
        self._lanes = {}
        self._files = {}

    async def lanes(self, lanes: Iterable[Lane]) -> Mapping[Lane, int]:
        """The numbers of lanes, and perhaps of others; those that did not exist are made, durably, on their own."""
        wanted = set(lanes)
        missing = {lane_text(lane): lane for lane in wanted - self._lanes.keys()}
        if missing:
            if len(self._lanes) + len(wanted) > _REMEMBERED:
                self._lanes = {lane: self._lanes[lane] for lane in wanted & self._lanes.keys()}
            await self._session.rows("add_lanes", sorted(missing))
            found = await self._session.rows("find_lanes", list(missing))
            self._lanes |= {missing[name]: number for name, number in found}
        return self._lanes

    async def file(self, name: str) -> int:
        """The number of a file that jobs come from. A name that is no UTF-8 is kept readable."""
        shown = id_text(name.encode("utf-8", "backslashreplace").decode())
        if shown not in self._files:
            if len(self._files) > _REMEMBERED:
                self._files.clear()
            await self._session.rows("add_file", shown)
            self._files[shown] = await self._session.value("find_file", shown)
        return self._files[shown]
