"""Puts jobs into workers' hands, keeps them there and takes them back."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from worker.errors import StoreAwayError
from worker.job import Lane, Lease, Source
from worker.ports import Want
from worker.queues.content import decoded
from worker.queues.portions import SCRIPT, portions
from worker.queues.record import lane_text
from worker.queues.valkey.connection import Connection, Word


def seq_text(seq: int) -> str:
    """How a job is named in the store."""
    return f"{seq:016}"


class Unheard(NamedTuple):
    """Leases whose answer was lost, if there are any: until when they last, and their fence."""

    until: float
    fence: int


async def lease(
    connection: Connection, wants: Sequence[Want], until: float, fence: int, unheard: list[Unheard]
) -> list[Lease]:
    """Take the next jobs of each lane.

    Args:
        connection: to the server.
        wants: what is asked for.
        until: epoch seconds.
        fence: the least fence of these leases.
        unheard: gets what ``take_back`` has to be called with once the server is back.
    """
    leases: list[Lease] = []
    for start, part in portions(wants, SCRIPT):
        words: list[Word] = [repr(until), fence + start, SCRIPT.items, SCRIPT.content]
        for want in part:
            words += [lane_text(want.lane), want.most, int(want.ordered)]
        try:
            leases += [_lease(part[index].lane, *job) for index, *job in await connection.run("lease", *words)]
        except StoreAwayError:
            unheard.append(Unheard(until, fence + start))
            if not leases:
                raise
            break  # what was taken is handed out first; whoever comes next hears of it
        if len(leases) >= SCRIPT.items:
            break
    return leases


def _lease(lane: Lane, seq: bytes, fence: bytes, payload: bytes, attempts: Any, expiries: Any, *more: Any) -> Lease:
    sent, first_at, file, line = more
    return Lease(
        int(seq),
        int(fence),
        lane,
        decoded(payload),
        int(attempts or 0),
        int(expiries or 0),
        source_of(file, line),
        sent is not None,
        None if first_at is None else float(first_at),
    )


def file_text(file: str) -> bytes:
    """How a file is named in the store: in quotes, to be told from a lane. A name that is no UTF-8 is kept readable."""
    return f'"{file}"'.encode("utf-8", "backslashreplace")


def source_of(file: bytes | None, line: bytes | None) -> Source | None:
    """Where a job was read."""
    return None if file is None or line is None else Source(file[1:-1].decode(), int(line))


async def renew(connection: Connection, leases: Sequence[Lease], until: float, *, sent: bool) -> list[bool]:
    """Prolong leases, and remember where requests are about to leave; which of them held."""
    held: list[bool] = []
    for _, part in portions(leases, SCRIPT):
        answer = await connection.run("renew", repr(until), int(sent), *_names(part), durable=sent)
        held += [bool(holds) for holds in answer]
    return held


async def take_back(connection: Connection, unheard: Sequence[Unheard]) -> None:
    """Take back leases whose answer was lost: nobody had these jobs in hand, so that nobody can have died of them."""
    found = await connection.ask(*(("ZRANGEBYSCORE", "leased", repr(one.until), repr(one.until)) for one in unheard))
    names = [(seq, one.fence) for one, seqs in zip(unheard, found, strict=True) for seq in seqs]
    for _, part in portions(names, SCRIPT):
        await connection.run("release", *chain.from_iterable(part))


async def release(connection: Connection, leases: Sequence[Lease]) -> None:
    """Take back leases that nobody received."""
    if leases:
        await connection.run("release", *_names(leases))


def _names(leases: Sequence[Lease]) -> list[Word]:
    return [word for one in leases for word in (seq_text(one.seq), one.fence)]
