"""Cuts a batch of jobs into parts that one statement can take."""

from collections.abc import Iterator, Sequence
from typing import Final

from worker.job import Entry

#: Content of one statement, in characters: far below the 1 GB that a text or a message may have, and flat in memory.
_STATEMENT_CHARS: Final = 16_000_000


def parts(entries: Sequence[Entry]) -> Iterator[tuple[int, Sequence[Entry]]]:
    """The entries in parts that one statement can take, each with the index of its first."""
    start = chars = 0
    for index, entry in enumerate(entries):
        size = len(entry.payload)
        if chars + size > _STATEMENT_CHARS and index > start:
            yield start, entries[start:index]
            start, chars = index, 0
        chars += size
    yield start, entries[start:] if start else entries
