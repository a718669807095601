"""What must be the same once all jobs have moved."""

from worker.engine.census import Difference, census, differences, kinds, records, surplus
from worker.failure import Counts, Failure
from worker.job import Lane, State
from worker.outcome import Cause, Problem
from worker.record import Record

LANE = Lane("shop", "order")
PROBLEM = Problem(Cause.INVALID, "judge", "t", "d")


def test_records_are_counted_as_a_ledger_counts_them() -> None:
    """Ready and delayed ones together; a failed job by its state and by its cause, a rejected row by its cause."""
    found: list[Record | Failure] = [
        Record("a", LANE, "{}", State.READY),
        Record("b", LANE, "{}", State.DELAYED, due_at=1.0),
        Record("c", LANE, "{}", State.DEAD, problem=PROBLEM),
        Failure("row-1", LANE, PROBLEM, None, 1.0),
    ]
    counts = Counts({State.READY: 1, State.DELAYED: 1, State.DEAD: 1, State.PARKED: 0}, {Cause.INVALID: 2})

    assert differences({kind: 2 if kind != "dead" else 1 for one in found for kind in kinds(one)}, census(counts)) == []
    assert records(census(counts)) == len(found)


def test_what_arrived_meanwhile_is_told_from_what_went_wrong() -> None:
    """New jobs wait and new rejects have causes; whatever else differs is a difference."""
    jobs, rows = Difference("waiting", 5, 7), Difference("failed: invalid", 0, 1)

    assert surplus([]) == 0
    assert surplus([jobs, rows]) == 3
    assert surplus([jobs, Difference("dead", 1, 2)]) is None
    assert surplus([Difference("waiting", 5, 4)]) is None
