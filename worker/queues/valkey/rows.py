"""Jobs as ``lua/read_jobs.lua`` answers them, in pages."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from worker.job import Lane, State
from worker.outcome import Attempt
from worker.queues.portions import SCRIPT, portions
from worker.queues.record import attempt_of
from worker.queues.valkey.connection import Connection

#: Jobs whose names are read at once.
WINDOW: Final = 1_000
#: Jobs that are read whole at once.
_WHOLE: Final = 200


class Row(NamedTuple):
    """A job, as bytes; None for what it does not have."""

    seq: bytes
    id: bytes
    lane: bytes
    priority: bytes | None
    state: bytes
    attempts: bytes | None
    expiries: bytes | None
    sent: bytes | None
    first_at: bytes | None
    file: bytes | None
    line: bytes | None
    holds: bytes | None
    ending: bytes | None
    due: bytes | None
    payload: bytes
    original: bytes | None
    end: bytes | None
    tried: list[bytes]

    @property
    def number(self) -> int:
        """Its number, as a cursor."""
        return int(self.seq)

    @property
    def where(self) -> State:
        """The state that it is in."""
        return State(self.state.decode())

    @property
    def history(self) -> tuple[Attempt, ...]:
        """Its recorded attempts, counted from 1."""
        return tuple(attempt_of(orjson.loads(text), number) for number, text in enumerate(self.tried, 1))


#: Names of jobs, and behind which number the next are; None where there are no more.
Window: TypeAlias = tuple[Sequence[bytes], int | None]


class Asked(NamedTuple):
    """Which rows: names are read window by window behind a number, until there are ``limit`` rows."""

    window: Callable[[int], Awaitable[Window]]
    after: int
    limit: int


class Page(NamedTuple):
    """Some rows, and whether there are more behind the last of them."""

    rows: list[Row]
    more: bool

    @property
    def cursor(self) -> int | None:
        """For the next page; None where this is the last."""
        return self.rows[-1].number if self.more else None


async def read_page(connection: Connection, page: Asked, keep: Callable[[Row], bool]) -> Page:
    """Those rows that are to be kept, in the order of their names; fewer than were asked for where they are very big.

    Args:
        connection: to the server.
        page: which rows.
        keep: asked of each row as it is now, which may be another than when its name was read.
    """
    rows: list[Row] = []
    content = 0
    after: int | None = page.after
    while after is not None:
        seqs, after = await page.window(after)
        looked_at = 0
        while looked_at < len(seqs):
            asked = seqs[looked_at : looked_at + min(_WHOLE, page.limit + 1 - len(rows))]
            found = await connection.run("read_jobs", SCRIPT.content, *asked)
            looked_at += len(found)
            kept = [row for row in (Row(*job) for job in found if job is not None) if keep(row)]
            rows += kept
            content += sum(len(row.payload) for row in kept)
            if len(rows) > page.limit or content >= SCRIPT.content:
                return Page(rows[: page.limit], more=True)
    return Page(rows, more=False)


async def behind(connection: Connection, name: str, after: int) -> tuple[list[bytes], list[int]]:
    """A window of the members of a set behind a score, and their scores."""
    words = ("ZRANGEBYSCORE", name, f"({after}", "+inf", "WITHSCORES", "LIMIT", 0, WINDOW)
    (found,) = await connection.ask(words)
    return found[::2], [int(float(score)) for score in found[1::2]]  # a server may write 1.79e+15


async def window_behind(connection: Connection, name: str, after: int) -> Window:
    """The same as a page needs it."""
    seqs, scores = await behind(connection, name, after)
    return seqs, scores[-1] if scores else None


async def seqs_of(connection: Connection, ids: Sequence[str]) -> list[bytes | None]:
    """The names of the jobs with these ids; None for unknown ones."""
    seqs: list[Any] = []
    for _, part in portions(ids, SCRIPT):
        seqs += await connection.run("find", *part)
    return seqs


def lane_of(text: bytes) -> Lane:
    """The lane of its name."""
    return Lane(*orjson.loads(text))
