"""Records of every kind that there is, as stores give them to each other."""

from dataclasses import replace
from typing import Final

from worker.failure import Failure, Result
from worker.job import Lane, Source, State
from worker.outcome import Attempt, Cause, Fault, Problem
from worker.record import Record

LANE: Final = Lane("shop", "order")
KEYED: Final = Lane("shop", "refund", 'a\0"é')
AT: Final = 1767225600.1234567  # just after midnight
DAY_S: Final = 86_400
ODD: Final = 'a\\ \0 "quoted" é 🚀'

FAULT: Final = Fault("#/body/qty", "body", "minimum", "0 is less than 1", "send 1 or more", Cause.MISSING)
PROBLEM: Final = Problem(Cause.REJECTED, "judge", "refused", "the API said 422", 422, (FAULT,), retryable=True)
FIRST: Final = Attempt(1, AT, 12.625, None, "timed out", None)
SECOND: Final = Attempt(2, AT + 1, 0.1, 422, None, '{"no": "1\0"}')

#: One of every kind that there is, in the order of acceptance; contents keep their blanks and their members' order.
JOBS: Final = (
    Record("plain", LANE, '{"id":"plain","api":"shop","operation":"order"}', State.READY),
    Record(ODD, KEYED, '{"b": 1.0, "a": "\\u0000é🚀"}', State.READY, -7, Source("o\0rders.jsonl", 17)),
    Record("mended", LANE, '{"body":2}', State.READY, 9, original='{"body": 1}', history=(FIRST, SECOND)),
    Record("tried", LANE, '{"t":1}', State.READY, attempts=1, first_at=AT - 0.1, history=(FIRST,)),
    Record("lost", LANE, "{}", State.READY, source=Source("other.csv", 2), expiries=2, sent=True),
    Record("later", KEYED, '{"at":"later"}', State.DELAYED, 3, due_at=AT + 100.0000001),
    Record(
        "again", LANE, "{}", State.DELAYED, attempts=2, first_at=AT, due_at=AT + 50, holds=True, history=(FIRST, SECOND)
    ),
    Record("dead", LANE, '{"meta":{"row":9}}', State.DEAD, attempts=1, history=(FIRST,), problem=PROBLEM, failed_at=AT),
    Record("parked", KEYED, "{}", State.PARKED, problem=replace(PROBLEM, cause=Cause.UNKNOWN), failed_at=AT + 1),
    Record(
        "delivered",
        LANE,
        '{"meta":["x",1]}',
        State.DELIVERED,
        attempts=2,
        first_at=AT,
        history=(FIRST,),
        result=Result("delivered", LANE, 201, 41.25, 2, '{"order": "1\0"}', ["x", 1], AT + 0.3),
    ),
    Record(
        "resolved", LANE, "{}", State.DELIVERED, history=(FIRST,),
        result=Result("resolved", LANE, None, 0.0, 1, None, None, AT + 2 * DAY_S),
    ),
)  # fmt: skip
REJECTS: Final = (
    Failure(
        "row-1\0", Lane("shop", ""), PROBLEM, {"id": 'a"\0'}, AT, source=Source("orders.jsonl", 3), meta={"row": 1}
    ),
    Failure("row-2", Lane("", ""), replace(PROBLEM, cause=Cause.MALFORMED, faults=()), None, AT + 3),
)
ALL: Final = (*JOBS, *REJECTS)
