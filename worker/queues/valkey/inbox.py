"""Takes a batch of entries in: the new ones become jobs, the others are told apart."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from worker.job import Entry, Lane
from worker.ports import Accepted
from worker.queues.content import is_known
from worker.queues.portions import SCRIPT, chars, portions
from worker.queues.record import lane_text
from worker.queues.valkey.connection import Command, Connection, Word
from worker.queues.valkey.leasing import file_text

#: Scripts sent in a row: their answers come while the next ones run.
_IN_A_ROW: Final = 16


async def take(connection: Connection, entries: Sequence[Entry], file: str | None, now: float) -> Accepted:
    """Take a batch in, durably; ``now`` is in epoch seconds."""
    lanes = {lane: lane_text(lane) for lane in {entry.lane for entry in entries}}
    name: Word = "" if file is None else file_text(file)
    parts = list(portions(entries, SCRIPT, chars))
    known: dict[int, bool] = {}
    for first in range(0, len(parts), _IN_A_ROW):
        row = parts[first : first + _IN_A_ROW]
        batches = [[name, *_words(part, lanes, now, file)] for _, part in row]
        answers = await connection.run_all("enqueue", batches, durable=True)
        for (start, part), answer in zip(row, answers, strict=True):
            known |= {start + index: same for index, same in _told_apart(part, answer)}
    duplicates = tuple(index for index, same in known.items() if same)
    conflicts = tuple(index for index, same in known.items() if not same)
    return Accepted(len(entries) - len(known), duplicates, conflicts)


def entry_words(entry: Entry, lane: str, now: float) -> Command:
    """The id, the lane, the payload, the priority and the due time, as the scripts read them."""
    id_, _, payload, priority, not_before, _ = entry
    due = repr(not_before) if not_before is not None and not_before > now else ""
    return id_, lane, payload, int(priority), due  # 5.0 is a JSON integer too


def _words(part: Sequence[Entry], lanes: Mapping[Lane, str], now: float, file: str | None) -> Iterator[Word]:
    for entry in part:
        yield from entry_words(entry, lanes[entry.lane], now)
        yield "" if file is None or entry.line is None else entry.line


def _told_apart(part: Sequence[Entry], answer: list[Any]) -> Iterator[tuple[int, bool]]:
    """Of each entry whose id was there: its index, and whether it is a duplicate (else a conflict)."""
    for index, *contents in answer:
        texts = (text and text.decode() for text in contents)
        yield index, not contents or is_known(part[index].payload, texts)
