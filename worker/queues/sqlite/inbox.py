"""Takes a batch of entries in: the new ones become jobs, the others are told apart."""

from collections.abc import Mapping, Sequence
from typing import Final

from worker.job import Entry, Lane, State
from worker.ports import Accepted
from worker.queues.content import is_known
from worker.queues.identifiers import ids_text
from worker.queues.portions import STATEMENT, chars, portions
from worker.queues.record import as_json
from worker.queues.sqlite.moves import count_moves
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.session import Session
from worker.queues.states import number_of

_READY: Final = number_of(State.READY)
_DELAYED: Final = number_of(State.DELAYED)


class Inbox:
    """What the entries of one ``enqueue`` have in common; ``now`` is in epoch seconds."""

    def __init__(self, lanes: Mapping[Lane, int], file: int | None, now: float) -> None:
        self._lanes = lanes
        self._file = file
        self._now = now

    def take(self, session: Session, part: Sequence[Entry]) -> dict[int, bool]:
        """Add what is new. For each entry that is not, by its index: whether it is a duplicate (else a conflict)."""
        first = session.value("next_seq")
        ids = ids_text([entry.id for entry in part])
        payloads = as_json([entry.payload for entry in part])
        if self._add(session, part, ids, first) == len(part):
            session.change("add_bodies", first=first, payloads=payloads)
            return {}
        session.change("add_taken_bodies", first=first, payloads=payloads)
        held = session.rows("read_contents", ids=as_json(ids))
        return {
            index: is_known(part[index].payload, (payload, original))
            for index, seq, payload, original in sorted(held, key=lambda row: row[0])
            if seq != first + index
        }

    def is_delayed(self, not_before: float | None) -> bool:
        """Whether a job has to wait for its time."""
        return not_before is not None and not_before > self._now

    def _add(self, session: Session, part: Sequence[Entry], ids: list[str], first: int) -> int:
        """Add those jobs whose ids are new; how many there were."""
        kinds = {(lane, priority, not_before) for _, lane, _, priority, not_before, _ in part}
        if len(kinds) > 1:
            return session.change("add_jobs", first=first, file=self._file, entries=as_json(self._rows(part, ids)))
        ((lane, priority, not_before),) = kinds
        delayed = self.is_delayed(not_before)
        return session.change(
            "add_alike_jobs",
            first=first,
            file=self._file,
            lane=self._lanes[lane],
            priority=priority,
            state=_DELAYED if delayed else _READY,
            due_at=not_before if delayed else None,
            entries=as_json([(id_, len(entry.payload), entry.line) for id_, entry in zip(ids, part, strict=True)]),
        )

    def _rows(self, part: Sequence[Entry], ids: list[str]) -> list[tuple[object, ...]]:
        return [
            (id_, self._lanes[lane], _DELAYED, priority, len(payload), not_before, line)
            if self.is_delayed(not_before)
            else (id_, self._lanes[lane], _READY, priority, len(payload), None, line)
            for id_, (_, lane, payload, priority, not_before, line) in zip(ids, part, strict=True)
        ]


def take(session: Session, *, names: Names, entries: Sequence[Entry], file: str | None, now: float) -> Accepted:
    """Take a batch in, inside the caller's transaction; ``now`` is in epoch seconds."""
    lanes = names.ensured(session, {entry.lane for entry in entries})
    inbox = Inbox(lanes, None if file is None else names.number_of(session, file), now)
    known: dict[int, bool] = {}
    for start, part in portions(entries, STATEMENT, chars):
        known |= {start + index: same for index, same in inbox.take(session, part).items()}
    later = [index for index, entry in enumerate(entries) if entry.not_before is not None]
    delayed = sum(inbox.is_delayed(entries[index].not_before) for index in later if index not in known)
    accepted = len(entries) - len(known)
    count_moves(session, {State.READY: accepted - delayed, State.DELAYED: delayed})
    duplicates = tuple(index for index, same in known.items() if same)
    conflicts = tuple(index for index, same in known.items() if not same)
    return Accepted(accepted, duplicates, conflicts)
