"""What every archive does: jobs leave and come as whole records, and old ones are forgotten."""

from dataclasses import replace
from typing import Any

import pytest

from tests.conformance.records import ALL, AT, DAY_S, FIRST, JOBS, KEYED, LANE, PROBLEM, REJECTS, SECOND
from worker.errors import StoreError
from worker.failure import Counts, Failure, Result
from worker.job import Source, State
from worker.outcome import Attempt, Cause, Dead, Delivered, Parked, Released, Retry
from worker.ports import Accepted, Edit, Ready
from worker.record import Record


async def everything(store: Any, limit: int = 500) -> list[Record | Failure]:
    """All that leaves a store, page by page."""
    found: list[Record | Failure] = []
    after: int | None = 0
    while after is not None:
        page, after = await store.archive.read(after, limit)
        assert len(page) <= limit
        found += page
    return found


async def holders(store: Any) -> list[str]:
    """Ids of the jobs that hold their lanes."""
    return [record.id for record in await everything(store) if isinstance(record, Record) and record.holds]


@pytest.mark.parametrize("limit", [1, 3, len(JOBS), 500])
async def test_records_leave_as_they_came(store: Any, limit: int) -> None:
    """To the last digit and character; jobs in the order of acceptance, then rejected rows, in pages of any size."""
    assert await store.archive.write(ALL) == Accepted(len(ALL))

    assert await everything(store, limit) == list(ALL)


async def test_an_empty_store_holds_no_records(store: Any) -> None:
    """And nothing written is nothing done."""
    assert await store.archive.write([]) == Accepted(0)
    assert await store.archive.read() == ([], None)
    assert await store.archive.prune(AT) == 0


async def test_what_came_counts(store: Any, desk: Any) -> None:
    """Jobs by state, failures by cause."""
    await desk.submit("before")
    await store.archive.write(ALL)

    assert await desk.ledger.counts() == Counts(
        {
            State.READY: 6,
            State.LEASED: 0,
            State.DELAYED: 2,
            State.DELIVERED: 2,
            State.DEAD: 1,
            State.PARKED: 1,
        },
        {Cause.REJECTED: 2, Cause.UNKNOWN: 1, Cause.MALFORMED: 1},
    )


async def test_what_is_there_already_is_not_taken_again(store: Any) -> None:
    """A copy that was interrupted is made again, whole; an id comes once, also in one batch."""
    await store.archive.write([JOBS[0], JOBS[7], REJECTS[0]])

    assert await store.archive.write([*ALL, JOBS[1]]) == Accepted(len(ALL) - 3, (0, 7, len(JOBS), len(ALL)))

    found = await everything(store)
    assert sorted(found, key=str) == sorted(ALL, key=str)
    assert (found[:2], found[-2:]) == ([JOBS[0], JOBS[7]], list(REJECTS))


async def test_another_job_of_the_same_id_is_a_conflict(store: Any, desk: Any) -> None:
    """What is there stays; a job that was mended on either side is still the same job."""
    await desk.submit("a", body=1)
    submitted = desk.entry("a", body=1).payload
    mended = Record("a", LANE, '{"body":2}', State.DEAD, original=f" {submitted}", problem=PROBLEM, failed_at=AT)
    other = Record("a", LANE, '{"body":2}', State.READY)

    assert await store.archive.write([mended, other]) == Accepted(0, (0,), (1,))

    await store.archive.write([JOBS[2]])
    first = Record("mended", LANE, '{"body":1}', State.READY)
    assert await store.archive.write([first, replace(first, payload='{"body":2}')]) == Accepted(0, (0,), (1,))


async def test_what_came_is_worked_like_any_other_job(store: Any, desk: Any) -> None:
    """Behind those that were there, by priority; a lease says all that was known, and settles."""
    await desk.submit("before")
    await store.archive.write([record for record in ALL if record.id != "again"])

    assert sorted(await desk.queue.lanes()) == sorted([Ready(LANE, 5), Ready(KEYED, 1)])
    leases = await desk.lease()
    assert [lease.payload.get("id") for lease in leases[1:3]] == ["before", "plain"]
    mended, tried, lost = leases[0], leases[3], leases[4]
    assert (mended.payload, mended.attempts, mended.source) == ({"body": 2}, 0, None)
    assert (tried.attempts, tried.first_at) == (1, pytest.approx(AT - 0.1, abs=1e-4))
    assert (lost.expiries, lost.sent, lost.source) == (2, True, Source("other.csv", 2))
    assert await desk.settle(mended, Dead(PROBLEM), SECOND)
    (failure,) = await desk.failures(ids=frozenset({"mended"}))
    assert [attempt.status for attempt in failure.attempts] == [None, 422, 422]
    assert [attempt.number for attempt in failure.attempts] == [1, 2, 3]
    (keyed,) = await desk.lease(lane=KEYED)
    assert keyed.payload == {"b": 1.0, "a": "\0é🚀"}


async def test_what_cannot_be_read_takes_nothing_along(store: Any, desk: Any) -> None:
    """A job that came by SQL, with a number beyond all bounds: it is handed out as what it is, beside all others."""
    unreadable = Record("unreadable", LANE, '{"body":[1e400]}', State.READY)
    failed = replace(unreadable, id="failed", state=State.DEAD, problem=PROBLEM, failed_at=AT)
    await store.archive.write([unreadable, failed])
    await desk.submit("good")

    first, second = await desk.lease()

    assert list(first.payload) == ["unreadable"]
    assert second.payload["id"] == "good"
    assert await desk.settle(first, Dead(PROBLEM))
    assert await desk.settle(second, Delivered())
    assert [list(failure.job) for failure in await desk.failures()] == [["unreadable"], ["unreadable"]]
    assert [ending.end.id for ending in await desk.ledger.endings()] == ["failed", "unreadable", "good"]


async def test_delayed_jobs_wait_for_their_time(store: Any, desk: Any) -> None:
    """As before."""
    await store.archive.write(
        [replace(one, due_at=desk.clock.now() + at) for one, at in ((JOBS[5], 100), (JOBS[6], 50))]
    )

    assert await desk.queue.promote() == pytest.approx(50, abs=0.001)
    desk.clock.advance(50.5)
    assert await desk.queue.promote() == pytest.approx(49.5, abs=0.001)
    assert [lease.attempts for lease in await desk.lease()] == [2]


async def test_a_job_that_held_its_lane_holds_it_still(store: Any, desk: Any) -> None:
    """Where jobs go one after the other, none overtakes the one that is tried again."""
    held = replace(JOBS[6], payload='{"id":"again"}', due_at=desk.clock.now() + 50)
    await store.archive.write([JOBS[0], held])

    assert await desk.lease(ordered=True) == []
    assert await desk.queue.lanes() == []
    desk.clock.advance(51)
    await desk.queue.promote()
    assert await desk.next() == "again"
    await desk.settle(desk.held, Delivered(), SECOND)
    assert await desk.next() == "plain"


async def test_what_ended_is_read_mended_and_forgotten_like_any_other(store: Any, desk: Any) -> None:
    """Failures and results are whole; endings have numbers of their own, behind those that were read already."""
    await desk.fail("before")
    (read,) = await desk.ledger.endings()
    await store.archive.write(ALL)

    failures = await desk.failures()
    assert [failure.id for failure in failures] == ["before", "dead", "parked", "row-1\0", "row-2"]
    dead = Failure("dead", LANE, PROBLEM, {"meta": {"row": 9}}, AT, State.DEAD, (FIRST,), None, {"row": 9})
    assert failures[1] == dead
    assert (await desk.ledger.results())[0] == [job.result for job in JOBS[-2:]]
    endings = await desk.ledger.endings(read.number)
    assert [ending.end.id for ending in endings] == ["dead", "parked", "delivered", "resolved"]
    assert await desk.ledger.resolve(["parked"], AT) == 1
    assert await desk.ledger.replay([Edit("dead", '{"body":3}')]) == 1
    assert await desk.ledger.discard(["row-1\0", "before"]) == 2
    assert await desk.ledger.payloads(["dead", "mended"]) == {"dead": '{"body":3}', "mended": '{"body":2}'}


async def test_secrets_of_rejected_rows_are_redacted_on_their_way_in(store: Any, desk: Any) -> None:
    """As those of rows that are rejected here."""
    await store.archive.write([replace(REJECTS[0], job={"password": "hunter2"})])

    assert [failure.job for failure in await desk.failures()] == [{"password": "[redacted]"}]


async def test_a_life_is_told_by_its_record(store: Any, desk: Any) -> None:
    """What a job went through here is what leaves."""
    start = desk.clock.now()
    await desk.queue.enqueue([desk.entry("a", line=3, priority=2)], "orders.jsonl")
    await desk.submit("b", at=start + 90)
    await desk.submit("c", "d", "e")
    leases = {lease.payload["id"]: lease for lease in await desk.lease()}
    await desk.settle(leases["a"], Retry(desk.problem(), 30), desk.attempt(500))
    await desk.settle(leases["c"], Delivered(), desk.attempt(201, "yes"))
    await desk.settle(leases["d"], Released("shutdown"))
    await desk.queue.renew([leases["e"]], 60, sent=True)
    desk.clock.advance(61)
    await desk.queue.reclaim()

    payloads = {id_: desk.entry(id_).payload for id_ in "bcde"}
    tried = Record("a", LANE, desk.entry("a", priority=2).payload, State.DELAYED, 2, Source("orders.jsonl", 3))
    oops = Attempt(1, start, 12.5, 500, None, "oops")
    done = Record("c", LANE, payloads["c"], State.DELIVERED, attempts=1)
    assert await everything(store) == [
        replace(tried, attempts=1, first_at=start, due_at=start + 30, history=(oops,)),
        Record("b", LANE, payloads["b"], State.DELAYED, due_at=start + 90),
        replace(done, result=Result("c", LANE, 201, 12.5, 1, "yes", None, start)),
        Record("d", LANE, payloads["d"], State.READY),
        Record("e", LANE, payloads["e"], State.READY, expiries=1, sent=True),
    ]


async def test_a_mended_life_is_told_by_its_record(store: Any, desk: Any) -> None:
    """With its first content, and attempts that are counted from 1."""
    start = desk.clock.now()
    await desk.submit("a")
    await desk.settle(await desk.one(), Parked(PROBLEM), replace(desk.attempt(422), number=5))
    await desk.ledger.replay([Edit("a", '{"body":1}')])

    oops = Attempt(1, start, 12.5, 422, None, "oops")
    first = desk.entry("a").payload
    assert await everything(store) == [Record("a", LANE, '{"body":1}', State.READY, original=first, history=(oops,))]


async def test_a_job_that_holds_its_lane_says_so(store: Any, desk: Any) -> None:
    """While it is ready or delayed after a lease in order; not once it has ended."""
    await desk.submit("a", "b")
    await desk.next()
    await desk.settle(desk.held, Retry(desk.problem(), 0), desk.attempt())
    assert await holders(store) == ["a"]

    await desk.next()
    await desk.settle(desk.held, Delivered(), desk.attempt())
    assert await holders(store) == []


async def test_a_job_in_a_workers_hands_does_not_leave(store: Any, desk: Any) -> None:
    """What becomes of it is not known yet; pages without such a job are read."""
    await desk.submit("a", "b", "c")
    leases = await desk.lease(2)
    await desk.settle(leases[0], Delivered())

    page, more = await store.archive.read(0, 1)
    assert [record.id for record in page] == ["a"]
    with pytest.raises(StoreError, match="in a worker's hands"):
        await store.archive.read(more, 1)


async def test_old_deliveries_are_forgotten(store: Any, desk: Any) -> None:
    """With all about them: their ids are free again. What failed, or waits, or was delivered later stays."""
    await store.archive.write(ALL)

    assert await store.archive.prune(AT + 0.3) == 0
    assert await store.archive.prune(AT + DAY_S + 1) == 1
    assert await store.archive.prune(AT + DAY_S + 1) == 0

    assert await everything(store) == [record for record in ALL if record.id != "delivered"]
    assert (await desk.ledger.counts()).states[State.DELIVERED] == 1
    assert [ending.end.id for ending in await desk.ledger.endings()] == ["dead", "parked", "resolved"]
    assert await desk.ledger.payloads(["delivered"]) == {}
    assert await desk.submit("delivered", body="new") == Accepted(1)
    (again,) = (record for record in await everything(store) if record.id == "delivered")
    assert isinstance(again, Record)
    assert (again.history, again.result, again.original) == ((), None, None)


async def test_forgetting_goes_on_until_none_is_left(store: Any, desk: Any) -> None:
    """However many there are; each call does a part."""
    jobs = 2_500
    result = Result("", LANE, 201, 1.0, 1, None, None, AT)
    delivered = Record("", LANE, "{}", State.DELIVERED, attempts=1, result=result)
    ids = map(str, range(jobs))
    await store.archive.write([replace(delivered, id=id_, result=replace(result, id=id_)) for id_ in ids])
    await desk.submit("stays")

    gone = []
    while forgotten := await store.archive.prune(AT + DAY_S + 1):
        gone.append(forgotten)

    assert sum(gone) == jobs
    assert len(gone) > 1
    assert [record.id for record in await everything(store)] == ["stays"]
