"""Reads pages of the ledger: first which jobs, then these as they are by then."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.job import Lane, State
from worker.outcome import Cause
from worker.queues.content import decoded
from worker.queues.paging import FIRST_REJECT, selects
from worker.queues.portions import SCRIPT, portions
from worker.queues.record import failure_of, problem_of, reject_of, result_of
from worker.queues.valkey.connection import Connection
from worker.queues.valkey.leasing import seq_text, source_of
from worker.queues.valkey.rows import (
    WINDOW,
    Asked,
    Row,
    Window,
    behind,
    lane_of,
    read_page,
    seqs_of,
    window_behind,
)

_FAILED = {State.DEAD, State.PARKED}
_UNFINISHED = ("ready", "delayed", "leased")


async def read_counts(connection: Connection) -> Counts:
    """Jobs by state, failures by cause."""
    states, causes = await connection.ask(("HGETALL", "states"), ("HGETALL", "causes"))
    return Counts(
        {state: int(states.get(state.value.encode(), 0)) for state in State},
        {Cause(cause.decode()): int(failures) for cause, failures in causes.items()},
    )


async def read_lanes(connection: Connection) -> list[LaneCounts]:
    """Unfinished jobs by lane, in the order of their names."""
    counts = await connection.ask(*(("HGETALL", f"lanes:{state}") for state in _UNFINISHED))
    lanes = set().union(*counts)
    found = [LaneCounts(lane_of(lane), *(int(jobs.get(lane, 0)) for jobs in counts)) for lane in lanes]
    return sorted(found, key=lambda one: str(one.lane))


async def read_failures(
    connection: Connection, selection: Selection, after: int, limit: int
) -> tuple[list[Failure], int | None]:
    """A page of failed jobs and, after the last of them, of rejected rows; and the cursor for the next page."""
    page: list[tuple[int, Failure]] = []
    more = False
    if after < FIRST_REJECT:
        asked = Asked(partial(_candidates, connection, selection), after, limit)
        rows, more = await read_page(connection, asked, lambda row: row.where in _FAILED)
        found = [(row.number, failure_from(row)) for row in rows]
        page = [(number, failure) for number, failure in found if selects(selection, failure)]
        if more:
            return [failure for _, failure in page], rows[-1].number
    start = max(after - FIRST_REJECT, 0)
    page += await read_rejects(connection, start, limit + 1 - len(page), selection)
    more = len(page) > limit
    page = page[:limit]
    return [failure for _, failure in page], page[-1][0] if more else None


async def _candidates(connection: Connection, selection: Selection, after: int) -> Window:
    """Failed jobs that are selected, as far as can be told without reading them whole."""
    if selection.ids:
        found = await seqs_of(connection, sorted(selection.ids))
        seqs = sorted(seq for seq in found if seq is not None and int(seq) > after)
        return await _selected(connection, selection, seqs), None
    failed, last = await window_behind(connection, "failed", after)
    return failed if selection == Selection() else await _selected(connection, selection, failed), last


async def _selected(connection: Connection, selection: Selection, seqs: Sequence[bytes]) -> list[bytes]:
    selected: list[bytes] = []
    for _, part in portions(seqs, SCRIPT):
        for seq, head in zip(part, await connection.run("read_heads", *part), strict=True):
            if head is not None and head[2] is not None and _is_selected(selection, *head):
                selected.append(seq)
    return selected


def _is_selected(selection: Selection, id_: bytes, lane: bytes, end: bytes) -> bool:
    record = orjson.loads(end)
    if "problem" not in record:
        return False
    return selects(selection, Failure(id_.decode(), lane_of(lane), problem_of(record), None, record["failed_at"]))


def failure_from(row: Row) -> Failure:
    """The failure that a row of a failed job is."""
    assert row.end is not None
    job, record, lane = decoded(row.payload), orjson.loads(row.end), orjson.loads(row.lane)
    return failure_of(row.id.decode(), lane, record, job, row.where, row.history, source_of(row.file, row.line))


def result_from(row: Row) -> Result:
    """The result that a row of a delivered job is."""
    assert row.end is not None
    meta = decoded(row.payload).get("meta")
    return result_of(row.id.decode(), orjson.loads(row.lane), meta, len(row.tried), orjson.loads(row.end))


async def read_rejects(
    connection: Connection, after: int, limit: int, selection: Selection | None = None
) -> list[tuple[int, Failure]]:
    """Rejected rows behind a number, up to ``limit``, each with its cursor."""
    page: list[tuple[int, Failure]] = []
    while len(page) < limit and (found := await connection.run("read_rejects", after, min(limit, WINDOW))):
        rejects = [(FIRST_REJECT + int(number), _reject(id_, text)) for number, id_, text in found]
        page += [one for one in rejects if selection is None or selects(selection, one[1])]
        after = int(found[-1][0])
    return page[:limit]


def _reject(id_: bytes, text: bytes) -> Failure:
    lane, record = orjson.loads(text)
    return reject_of(id_.decode(), lane, record)


async def read_results(connection: Connection, after: int, limit: int) -> tuple[list[Result], int | None]:
    """A page of results and the cursor for the next page."""
    asked = Asked(partial(window_behind, connection, "results"), after, limit)
    page = await read_page(connection, asked, lambda row: row.where is State.DELIVERED)
    return [result_from(row) for row in page.rows], page.cursor


async def read_endings(connection: Connection, after: int, limit: int) -> list[Ending]:
    """A page of jobs that have ended."""
    numbers: dict[bytes, int] = {}  # of one window: a job that ends anew meanwhile stands in a later one too

    async def window(behind_number: int) -> Window:
        nonlocal numbers
        seqs, found = await behind(connection, "endings", behind_number)
        numbers = dict(zip(seqs, found, strict=True))
        return seqs, found[-1] if found else None

    page = await read_page(
        connection, Asked(window, after, limit), lambda row: numbers[row.seq] == int(row.ending or 0)
    )
    return [
        Ending(int(row.ending or 0), result_from(row) if row.where is State.DELIVERED else failure_from(row))
        for row in page.rows
    ]


async def read_payloads(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The content of jobs by id, as it stands; unknown ids are left out."""
    payloads: dict[str, str] = {}
    for start, part in portions(await seqs_of(connection, ids), SCRIPT._replace(items=100)):
        known = [(ids[start + index], seq) for index, seq in enumerate(part) if seq is not None]
        texts: list[Any] = await connection.ask(*(("GET", f"body:{seq_text(int(seq))}") for _, seq in known))
        payloads |= {id_: text.decode() for (id_, _), text in zip(known, texts, strict=True) if text is not None}
    return payloads


async def read_lanes_of(connection: Connection, ids: Sequence[str]) -> dict[str, Lane]:
    """The lanes of jobs by id; unknown ids are left out."""
    lanes: dict[str, Lane] = {}
    for start, part in portions(await seqs_of(connection, ids), SCRIPT):
        known = [(ids[start + index], seq) for index, seq in enumerate(part) if seq is not None]
        heads = await connection.run("read_heads", *(seq for _, seq in known))
        lanes |= {id_: lane_of(head[1]) for (id_, _), head in zip(known, heads, strict=True) if head is not None}
    return lanes
