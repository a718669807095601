"""Takes a batch of entries in: the new ones become jobs, the others are told apart."""

from collections.abc import Mapping, Sequence

from worker.errors import StoreBusyError
from worker.job import Entry, Lane
from worker.ports import Accepted
from worker.queues.content import is_known
from worker.queues.identifiers import ids_text
from worker.queues.postgres.session import Statements
from worker.queues.record import lane_text


async def take(
    run: Statements, entries: Sequence[Entry], lanes: Mapping[Lane, int], file: tuple[int, str] | None, now: float
) -> list[int]:
    """Add what is new, in one statement; the indexes of what is not.

    Args:
        run: the statements.
        entries: no more than one statement can take.
        lanes: the numbers of theirs.
        file: the number and the name, as the store has it, of the one that they come from.
        now: epoch seconds.

    Raises:
        StoreBusyError: they have other numbers than they had; nothing was taken.
    """
    named = {entry.lane for entry in entries}
    columns = (
        ids_text([entry.id for entry in entries]),
        [entry.payload for entry in entries],
        [len(entry.payload) for entry in entries],
        [lanes[entry.lane] for entry in entries],
        [entry.priority for entry in entries],
        [entry.not_before if entry.not_before is not None and entry.not_before > now else None for entry in entries],
        [entry.line for entry in entries],
    )
    claims = [lanes[lane] for lane in named], [lane_text(lane) for lane in named]
    ((known, there, _),) = await run.rows("enqueue", *columns, *(file or (None, None)), *claims)
    if not there:
        raise StoreBusyError("the server is not as it was, after a failover or from a backup: trying again helps")
    return [place - 1 for place in known]


async def told_apart(run: Statements, entries: Sequence[Entry], known: Sequence[int]) -> Accepted:
    """What became of a batch of which the entries with these indexes were not taken."""
    ids = ids_text([entries[index].id for index in known])
    held = {id_: contents for id_, *contents in await run.rows("read_contents", ids)} if known else {}
    same = {index for index, id_ in zip(known, ids, strict=True) if is_known(entries[index].payload, held.get(id_, ()))}
    return Accepted(
        len(entries) - len(known),
        duplicates=tuple(index for index in known if index in same),
        conflicts=tuple(index for index in known if index not in same),
    )
