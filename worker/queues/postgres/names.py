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
        """The numbers of lanes; those that did not exist are made, durably, on their own."""
        wanted = set(lanes)
        known = {lane: self._lanes[lane] for lane in wanted & self._lanes.keys()}
        missing = {lane_text(lane): lane for lane in wanted - known.keys()}
        if not missing:
            return known
        await self._session.rows("add_lanes", sorted(missing))
        found = {missing[name]: number for name, number in await self._session.rows("find_lanes", list(missing))}
        if len(self._lanes) + len(found) > _REMEMBERED:
            self._lanes = {}
        self._lanes |= found
        return known | found

    async def file(self, name: str) -> int:
        """The number of a file that jobs come from."""
        shown = file_text(name)
        number = self._files.get(shown)
        if number is None:
            if len(self._files) > _REMEMBERED:
                self._files.clear()
            await self._session.rows("add_file", shown)
            number = self._files[shown] = await self._session.value("find_file", shown)
        return number


def file_text(name: str) -> str:
    """How a file is named in the store. A name that is no UTF-8 is kept readable."""
    return id_text(name.encode("utf-8", "backslashreplace").decode())
