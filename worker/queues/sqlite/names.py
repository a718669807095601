"""How lanes and files stand in the database. A lane is one JSON text, so that no key is confused with no lane."""

from collections.abc import Iterable, Mapping
from typing import Final

from worker.job import Lane
from worker.queues.record import as_json, lane_text
from worker.queues.sqlite.session import Session

#: Lanes are few, but lanes by key may be as many as keys: forget them all before they weigh more than a few MB.
_REMEMBERED: Final = 10_000


class Names:
    """Numbers for lanes and files. They never change, so those that others have committed are remembered."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, int] = {}
        self._files: dict[int, str] = {}

    def known(self, session: Session, lanes: Iterable[Lane]) -> Mapping[Lane, int]:
        """The numbers of those lanes that exist, and perhaps of others; first thing in a transaction."""
        wanted = set(lanes)
        if not wanted <= self._lanes.keys():
            if len(self._lanes) + len(wanted) > _REMEMBERED:
                self._lanes.clear()
            self._lanes |= _find(session, wanted - self._lanes.keys())
        return self._lanes

    def ensured(self, session: Session, lanes: Iterable[Lane]) -> Mapping[Lane, int]:
        """The numbers of lanes, new ones for those that did not exist; first thing in a transaction.

        New ones are not remembered: the transaction may yet be rolled back.
        """
        wanted = set(lanes)
        known = self.known(session, wanted)
        missing = wanted - known.keys()
        if not missing:
            return known
        session.change("add_lanes", lanes=_texts(missing))
        return {**known, **_find(session, missing)}

    def number_of(self, session: Session, file: str) -> int:
        """The number of a file that jobs come from. A name that is no UTF-8 is kept readable."""
        name = file.encode("utf-8", "backslashreplace").decode()
        session.change("add_file", name=name)
        return int(session.value("find_file", name=name))

    def file(self, session: Session, number: int) -> str:
        """The file of a number."""
        if number not in self._files:
            if len(self._files) > _REMEMBERED:
                self._files.clear()
            self._files[number] = session.value("name_file", number=number)
        return self._files[number]


def _find(session: Session, lanes: Iterable[Lane]) -> dict[Lane, int]:
    return {Lane(*name): number for number, name in session.rows("find_lanes", lanes=_texts(lanes))}


def _texts(lanes: Iterable[Lane]) -> str:
    return as_json([lane_text(lane) for lane in lanes])
