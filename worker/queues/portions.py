"""Batches cut into portions that one statement or one script can take."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from worker.job import Entry

T = TypeVar("T")


class Most(NamedTuple):
    """What one portion holds at most.

    Attributes:
        content: characters or bytes; a single item may have more.
        items: how many.
    """

    content: int
    items: int


#: Of one statement: far below the 1 GB that a text or a message may have, and flat in memory.
STATEMENT: Final = Most(16_000_000, 1_000_000)
#: Of one script: 1 to 3 ms, during which the server serves nobody else.
SCRIPT: Final = Most(4_000_000, 256)


def portions(
    items: Sequence[T], most: Most, size: Callable[[T], int] = lambda _: 0
) -> Iterator[tuple[int, Sequence[T]]]:
    """The items in portions, each with the index of its first.

    Args:
        items: in the order in which they stay.
        most: of one portion.
        size: how much content an item has.
    """
    start = content = 0
    for index, item in enumerate(items):
        content += size(item)
        if index > start and (index - start == most.items or content > most.content):
            yield start, items[start:index]
            start, content = index, size(item)
    if start < len(items):
        yield start, items[start:]


def chars(entry: Entry) -> int:
    """The content of an entry."""
    return len(entry.payload)
