"""Puts jobs into workers' hands, keeps them there and takes them back, inside the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from worker.job import Lane, Lease, Source, State
from worker.ports import Want
from worker.queues.bounds import bounded
from worker.queues.record import as_json
from worker.queues.sqlite.bodies import read_bodies
from worker.queues.sqlite.moves import count_moves
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.session import Session


class _Ready(NamedTuple):
    """A row of ``find_ready.sql`` and of ``find_ordered.sql``."""

    seq: int
    lane: int
    priority: int
    fence: int
    attempts: int
    expiries: int
    sent: int
    first_at: float | None
    file: int | None
    line: int | None
    size: int


def lease(session: Session, *, names: Names, wants: Mapping[Lane, Want], until: float) -> list[Lease]:
    """Take the next jobs of each lane, until a time in epoch seconds."""
    numbers = names.known(session, wants)
    asked = {numbers[lane]: want for lane, want in wants.items() if lane in numbers}
    ready = bounded(_found(session, asked))
    if not ready:
        return []
    seqs = as_json([row.seq for row in ready])
    session.change("mark_leased", seqs=seqs, until=until)
    if holders := [(row.lane, row.seq) for row in ready if asked[row.lane].ordered]:
        session.change("hold_lanes", holders=as_json(holders))
    count_moves(session, {State.READY: -len(ready), State.LEASED: len(ready)})
    bodies = read_bodies(session, seqs)
    return [
        Lease(
            row.seq,
            row.fence + 1,
            asked[row.lane].lane,
            bodies[row.seq],
            row.attempts,
            row.expiries,
            None if row.file is None or row.line is None else Source(names.file(session, row.file), row.line),
            bool(row.sent),
            row.first_at,
        )
        for row in ready
    ]


def _found(session: Session, asked: Mapping[int, Want]) -> list[_Ready]:
    """The next jobs, lane by lane in the order asked; one statement for all lanes that want as many."""
    found: list[Any] = []
    for limit in {want.most for want in asked.values() if not want.ordered}:
        numbers = [number for number, want in asked.items() if want.most == limit and not want.ordered]
        found += session.rows("find_ready", lanes=as_json(numbers), most=limit)
    if ordered := [number for number, want in asked.items() if want.ordered]:
        found += session.rows("find_ordered", lanes=as_json(ordered))
    rank = {number: place for place, number in enumerate(asked)}
    return sorted((_Ready(*row) for row in found), key=lambda row: (rank[row.lane], -row.priority, row.seq))


def live(session: Session, leases: Iterable[Lease]) -> set[tuple[int, int]]:
    """Those leases that hold their jobs, as (seq, fence)."""
    seqs = as_json([one.seq for one in leases])
    return {(seq, fence) for seq, fence in session.rows("read_fences", seqs=seqs)}


def settled(session: Session, leases: Iterable[Lease]) -> set[tuple[int, int]]:
    """Those leases that were settled, and whose jobs have been in nobody's hands since, as (seq, fence)."""
    seqs = as_json([one.seq for one in leases])
    return {(seq, fence) for seq, fence in session.rows("read_settled", seqs=seqs)}


def renew(session: Session, *, leases: Sequence[Lease], until: float, sent: bool) -> list[bool]:
    """Prolong leases, and remember where requests are about to leave; which of them held."""
    holding = live(session, leases)
    held = [(one.seq, one.fence) in holding for one in leases]
    seqs = [one.seq for one, holds in zip(leases, held, strict=True) if holds]
    session.change("mark_renewed", seqs=as_json(seqs), until=until, sent=sent)
    return held


def release(session: Session, *, leases: Sequence[Lease]) -> None:
    """Take back leases that nobody received."""
    released = session.change("release", leases=as_json([(one.seq, one.fence) for one in leases]))
    count_moves(session, {State.LEASED: -released, State.READY: released})


def reclaim(session: Session, *, now: float) -> int:
    """Take back leases that ran out; how many."""
    if expired := session.change("mark_expired", now=now):
        count_moves(session, {State.LEASED: -expired, State.READY: expired})
    return expired
