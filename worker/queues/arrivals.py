"""Which records of a batch are new, for stores that are asked first; Valkey's script finds out while it writes."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from worker.failure import Failure
from worker.ports import Accepted
from worker.queues.content import same_content
from worker.record import Record


class Arrivals(NamedTuple):
    """A batch of records, sorted; ``accepted`` is what ``Archive.write`` answers once the new ones are kept."""

    jobs: list[Record]
    rejects: list[Failure]
    accepted: Accepted


def sorted_out(records: Sequence[Record | Failure], jobs: Mapping[str, str], rejects: Collection[str]) -> Arrivals:
    """Tell the new ones from those that are known.

    Args:
        records: the batch; of those with the same id the first counts.
        jobs: the first content of every job that the store has under one of their ids.
        rejects: the ids among theirs under which the store has rejected rows.
    """
    known, kept = dict(jobs), set(rejects)
    new = Arrivals([], [], Accepted(0))
    duplicates, conflicts = [], []
    for index, record in enumerate(records):
        if isinstance(record, Failure):
            if record.id in kept:
                duplicates.append(index)
            else:
                kept.add(record.id)
                new.rejects.append(record)
        elif record.id not in known:
            known[record.id] = record.first_payload
            new.jobs.append(record)
        elif same_content(record.first_payload, known[record.id]):
            duplicates.append(index)
        else:
            conflicts.append(index)
    came = len(new.jobs) + len(new.rejects)
    return new._replace(accepted=Accepted(came, tuple(duplicates), tuple(conflicts)))
