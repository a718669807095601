"""What a worker wants of each lane, once for each: the same for every store."""

from collections.abc import Iterable

from worker.job import Lane
from worker.ports import Want


def merged(wants: Iterable[Want]) -> dict[Lane, Want]:
    """One want for each lane, in the order asked: those of a lane that is named twice are added up.

    A lane that anybody wants in order is leased in order, one job at a time; wants of nothing are left out.
    """
    made: dict[Lane, Want] = {}
    for want in wants:
        if want.most > 0:
            earlier = made.get(want.lane, Want(want.lane, 0))
            ordered = earlier.ordered or want.ordered
            made[want.lane] = Want(want.lane, 1 if ordered else earlier.most + want.most, ordered)
    return made
