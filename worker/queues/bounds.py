"""How much content one answer may hold: rows say their size, so that it is known before it is read."""

from typing import Final, Protocol, TypeVar

#: Characters of content in one lease or page. A hundred jobs of 50 MB must not fill the memory.
MOST_CHARS: Final = 32_000_000


class Sized(Protocol):
    """A row of a job."""

    @property
    def size(self) -> int:
        """Characters of its content."""


R = TypeVar("R", bound=Sized)


def bounded(rows: list[R]) -> list[R]:
    """The first rows, as many as may be read at once; one at least."""
    chars = 0
    for count, row in enumerate(rows):
        chars += row.size
        if chars > MOST_CHARS and count:
            return rows[:count]
    return rows
