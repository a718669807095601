"""Batches cut so that no script keeps the server from others for more than some milliseconds."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

#: Jobs that one script changes: 1 to 3 ms, during which the server serves nobody else.
MOST_JOBS: Final = 256
#: Content that one script takes in or hands out, in characters or bytes.
MOST_CONTENT: Final = 4_000_000


def portions(
    items: Sequence[T], size: Callable[[T], int] = lambda _: 0, most: int = MOST_JOBS
) -> Iterator[tuple[int, Sequence[T]]]:
    """Portions of at most ``most`` items and about ``MOST_CONTENT``, each with the index of its first; one at least.

    Args:
        items: in the order in which they stay.
        size: how much content an item has.
        most: items of a portion.
    """
    start = content = 0
    for index, item in enumerate(items):
        content += size(item)
        if index > start and (index - start == most or content > MOST_CONTENT):
            yield start, items[start:index]
            start, content = index, size(item)
    if start < len(items):
        yield start, items[start:]
