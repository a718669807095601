"""Puts jobs into workers' hands: one statement for all lanes, another one for those that go in order."""

from collections.abc import Sequence
from typing import Any, Final

from worker.job import Lane, Lease, Source
from worker.ports import Want
from worker.queues.bounds import MOST_CHARS
from worker.queues.content import decoded
from worker.queues.identifiers import id_of
from worker.queues.postgres.session import Rows, Statements
from worker.queues.postgres.statements import statement
from worker.queues.record import lane_text

_MS: Final = 1000.0


async def lease(run: Statements, *, wants: Sequence[Want], finder: str, now: float, until: float) -> list[Lease]:
    """Take the next jobs of each lane as ``finder`` finds them; times are epoch seconds."""
    rows = await run.answer(
        statement("lease").replace("/* next */", statement(finder)),
        [lane_text(want.lane) for want in wants],
        [want.most for want in wants],
        until,
        int(now * _MS),
        MOST_CHARS,
    )
    return _leases(rows, wants)


async def lease_ordered(run: Statements, wants: Sequence[Want], *, now: float, until: float) -> list[Lease]:
    """The same of lanes whose jobs go one after the other; inside the caller's transaction."""
    by_name = {lane_text(want.lane): want for want in wants}
    ours = [by_name[row["name"]] for row in await run.rows("lock_lanes", sorted(by_name))]
    if not ours:
        return []
    taken = await lease(run, wants=ours, finder="find_ordered", now=now, until=until)
    await run.rows("hold_lanes", [lane_text(one.lane) for one in taken], [one.seq for one in taken])
    return taken


def _leases(rows: Rows, wants: Sequence[Want]) -> list[Lease]:
    """The rows of ``lease.sql``, lane by lane in the order asked, each in the order of leasing."""
    asked = {lane_text(want.lane): place for place, want in enumerate(wants)}
    rows.sort(key=lambda row: (asked[row["name"]], -row["priority"], row["seq"]))
    return [_lease(row, wants[asked[row["name"]]].lane) for row in rows]


def _lease(row: Any, lane: Lane) -> Lease:
    _, seq, fence, _, attempts, expiries, sent, first_at, file, line, payload = row
    source = None if file is None or line is None else Source(id_of(file), line)
    return Lease(seq, fence, lane, decoded(payload), attempts, expiries, source, sent, first_at)
