"""What every ledger does: failures and results are read, mended, replayed and forgotten."""

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from worker.failure import Failure, Result, Selection
from worker.job import Lane, Source, State
from worker.outcome import Attempt, Cause, Dead, Delivered, Fault, Outcome, Parked, Problem, Retry
from worker.ports import Accepted, Edit

if TYPE_CHECKING:
    from tests.conformance.conftest import Desk

FAULTS = (
    Fault("#/body/qty", "body", "minimum", "0 is less than 1", "send 1 or more", Cause.INVALID),
    Fault("#/params", "query", "required", "page is missing", None, Cause.MISSING),
)


def rejected(desk: "Desk", id_: str, cause: Cause = Cause.MALFORMED, job: dict[str, Any] | None = None) -> Failure:
    """A row that is no job."""
    source = Source("orders.jsonl", 17)
    problem = Problem(cause, "intake", "not JSON", "line 17")
    return Failure(id_, Lane("shop", ""), problem, job, desk.clock.now(), source=source, meta={"row": 1})


async def test_a_failure_holds_everything_needed_to_understand_it(desk: "Desk") -> None:
    """Problem with faults, every attempt, the job, its place in the file, its meta, the moment."""
    problem = Problem(Cause.REJECTED, "judge", "refused", "the API said 422", 422, FAULTS, retryable=True)
    await desk.queue.enqueue([desk.entry("a", line=3, body={"qty": 0}, meta={"row": 9})], "orders.jsonl")
    first, second = desk.attempt(None, None), Attempt(2, desk.clock.now() + 5, 3.25, 422, None, 'a\0b "quoted" 🚀')
    await desk.settle(await desk.one(), Retry(desk.problem(), 0), first)
    desk.clock.advance(2.5)
    await desk.settle(await desk.one(), Dead(problem), second)

    (failure,) = await desk.failures()

    assert failure == Failure(
        id="a",
        lane=desk.lane,
        problem=problem,
        job={"id": "a", "api": "shop", "operation": "order", "key": None, "body": {"qty": 0}, "meta": {"row": 9}},
        failed_at=desk.clock.now(),
        state=State.DEAD,
        attempts=(first, second),
        source=Source("orders.jsonl", 3),
        meta={"row": 9},
    )


async def test_a_result_holds_what_the_api_answered(desk: "Desk") -> None:
    """With every request that it took, and the submitter's meta unchanged."""
    await desk.submit("a", meta=["x", 1])
    await desk.settle(await desk.one(), Retry(desk.problem(), 0), desk.attempt())
    lease = await desk.one()
    attempt = Attempt(2, desk.clock.now(), 41.25, 201, None, '{"order": "1\0"}')
    await desk.settle(lease, Delivered(), attempt)

    results, more = await desk.ledger.results()

    assert more is None
    assert results == [
        Result("a", desk.lane, 201, 41.25, 2, '{"order": "1\0"}', ["x", 1], delivered_at=desk.clock.now())
    ]


async def test_secrets_in_a_job_are_not_shown(desk: "Desk") -> None:
    """Failures are redacted, of jobs and of rejected rows; what is mended and sent is not."""
    secret = {"password": "hunter2", "note": "Bearer abcdefgh12345"}
    await desk.fail("a", headers={"X-Api-Key": "k-123"}, body=secret)
    await desk.ledger.reject([rejected(desk, "row-1", job={"body": secret})])

    shown = [failure.job for failure in await desk.failures()]

    text = orjson.dumps(shown).decode()
    assert not any(value in text for value in ("hunter2", "abcdefgh12345", "k-123"))
    assert text.count("[redacted]") == 5
    assert "hunter2" in (await desk.ledger.payloads(["a"]))["a"]


async def test_counts_add_up(desk: "Desk") -> None:
    """Every job is in one state; every failure and reject has a cause."""
    await desk.fail("a", "b", cause=Cause.INVALID)
    await desk.fail("c", cause=Cause.TIMEOUT, parked=True)
    await desk.ledger.reject([rejected(desk, "row-1"), rejected(desk, "row-2", Cause.INVALID)])
    await desk.submit("d", "e", "f", "g")
    leases = await desk.lease(3)
    await desk.settle(leases[0], Delivered())
    await desk.settle(leases[1], Retry(desk.problem(), 9))

    counts = await desk.ledger.counts()

    assert dict(counts.states) == {
        State.READY: 1,
        State.LEASED: 1,
        State.DELAYED: 1,
        State.DELIVERED: 1,
        State.DEAD: 2,
        State.PARKED: 1,
    }
    assert counts.unfinished == 3
    assert dict(counts.failures) == {Cause.INVALID: 3, Cause.TIMEOUT: 1, Cause.MALFORMED: 1}


async def test_pages_cover_all_failures_once(desk: "Desk") -> None:
    """Jobs in the order of acceptance, then rejected rows; the last page says that it is the last."""
    await desk.fail(*"abcd")
    await desk.ledger.reject([rejected(desk, f"row-{number}") for number in range(3)])

    pages, after = [], 0
    while True:
        page, more = await desk.ledger.failures(Selection(), after, 2)
        pages.append("".join(failure.id for failure in page))
        if more is None:
            break
        after = more

    assert pages == ["ab", "cd", "row-0row-1", "row-2"]
    assert (await desk.ledger.failures(Selection(), 0, 7))[1] is None


async def test_failures_that_come_and_go_move_no_other(desk: "Desk") -> None:
    """A page that is asked for later neither repeats nor misses what was there all the time."""
    await desk.submit(*"abcdef")
    leases = {lease.payload["id"]: lease for lease in await desk.lease()}
    for id_ in "bdf":
        await desk.settle(leases[id_], Dead(desk.problem()))
    first, more = await desk.ledger.failures(Selection(), 0, 2)
    assert more is not None

    await desk.settle(leases["a"], Dead(desk.problem()))
    await desk.ledger.discard(["b"])
    await desk.settle(leases["e"], Dead(desk.problem()))
    second, _ = await desk.ledger.failures(Selection(), more, 9)

    assert [failure.id for failure in first + second] == ["b", "d", "e", "f"]


async def test_pages_of_results_are_in_the_order_of_acceptance(desk: "Desk") -> None:
    """However the deliveries went."""
    await desk.submit(*"abcde")
    for lease in reversed(await desk.lease()):
        await desk.settle(lease, Delivered())

    first, more = await desk.ledger.results(0, 3)
    assert more is not None
    second, end = await desk.ledger.results(more, 2)

    assert "".join(result.id for result in first + second) == "abcde"
    assert end is None


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        ({}, "abcr"),
        ({"causes": frozenset({Cause.INVALID})}, "a"),
        ({"causes": frozenset({Cause.INVALID, Cause.MALFORMED})}, "ar"),
        ({"api": "shop"}, "acr"),
        ({"api": "bank"}, "b"),
        ({"operation": "refund"}, "c"),
        ({"status": 503}, "b"),
        ({"since": 10.0}, "cr"),
        ({"ids": frozenset({"a", "r", "unknown"})}, "ar"),
        ({"ids": frozenset({"a"}), "status": 503}, ""),
    ],
)
async def test_a_selection_narrows(desk: "Desk", selection: dict[str, Any], ids: str) -> None:
    """By cause, API, operation, status, time and id, all at once."""
    start = desk.clock.now()
    lanes = {"a": desk.lane, "b": Lane("bank", "order"), "c": Lane("shop", "refund", "k")}
    outcomes: dict[str, Outcome] = {
        "a": Dead(desk.problem(Cause.INVALID)),
        "b": Dead(desk.problem(Cause.UNAVAILABLE, 503)),
        "c": Parked(desk.problem(Cause.UNKNOWN)),
    }
    for id_, lane in lanes.items():
        if id_ == "c":
            desk.clock.advance(10)
        await desk.queue.enqueue([desk.entry(id_, lane)])
        (lease,) = await desk.lease(lane=lane)
        await desk.settle(lease, outcomes[id_])
    await desk.ledger.reject([rejected(desk, "r")])
    if "since" in selection:
        selection = {"since": start + selection["since"]}

    assert "".join(failure.id for failure in await desk.failures(**selection)) == ids


async def test_a_replayed_job_starts_anew_and_keeps_its_history(desk: "Desk") -> None:
    """Ready and uncharged; when it fails again, every attempt of its life is there, counted from 1."""
    await desk.submit("a")
    await desk.settle(await desk.one(), Retry(desk.problem(), 0), desk.attempt(500))
    old = await desk.one()
    await desk.settle(old, Dead(desk.problem()), desk.attempt(501))

    assert await desk.ledger.replay([Edit("a"), Edit("a"), Edit("unknown")]) == 1

    assert await desk.failures() == []
    assert (await desk.ledger.counts()).failures.get(Cause.INVALID, 0) == 0
    lease = await desk.one()
    assert (lease.attempts, lease.expiries) == (0, 0)
    assert not await desk.settle(old, Delivered())
    await desk.settle(lease, Parked(desk.problem()), desk.attempt(502))
    (failure,) = await desk.failures()
    assert [(attempt.number, attempt.status) for attempt in failure.attempts] == [(1, 500), (2, 501), (3, 502)]


async def test_only_failed_jobs_are_replayed(desk: "Desk") -> None:
    """What is ready, leased, delivered or no job is left alone."""
    await desk.submit("leased", "delivered")
    leases = await desk.lease()
    await desk.settle(leases[1], Delivered())
    await desk.submit("ready")
    await desk.ledger.reject([rejected(desk, "row-1")])

    assert await desk.ledger.replay([Edit(id_) for id_ in ("ready", "leased", "delivered", "row-1")]) == 0
    assert await desk.states() == {State.READY: 1, State.LEASED: 1, State.DELIVERED: 1}


async def test_a_mended_job_is_sent_with_its_new_content(desk: "Desk") -> None:
    """In the lane and with the priority that the new content names."""
    await desk.fail("a", "b", body={"qty": 0})
    lane = Lane("shop", "refund", "tenant-7")
    mended = desk.entry("b", lane, body={"qty": 1}, priority=3).payload

    assert await desk.ledger.replay([Edit("a"), Edit("b", mended)]) == 2

    assert [lease.payload["body"] for lease in await desk.lease()] == [{"qty": 0}]
    (lease,) = await desk.lease(lane=lane)
    assert lease.payload["body"] == {"qty": 1}
    assert await desk.ledger.payloads(["b"]) == {"b": mended}


async def test_the_original_file_may_be_submitted_again_after_mending(desk: "Desk") -> None:
    """However often a job was mended, its first content and its last are duplicates, others conflicts."""
    await desk.fail("a", body=0)
    for body in (1, 2):
        await desk.ledger.replay([Edit("a", desk.entry("a", body=body).payload)])
        await desk.settle(await desk.one(), Dead(desk.problem()))

    assert await desk.submit("a", body=0) == Accepted(0, duplicates=(0,))
    assert await desk.submit("a", body=2) == Accepted(0, duplicates=(0,))
    assert await desk.submit("a", body=3) == Accepted(0, conflicts=(0,))


async def test_a_discarded_failure_never_was(desk: "Desk") -> None:
    """Its id is free again, without history; a rejected row may be kept again; others stay."""
    await desk.submit("a")
    await desk.settle(await desk.one(), Dead(desk.problem()), desk.attempt())
    await desk.fail("b", parked=True)
    await desk.submit("ready")
    await desk.ledger.reject([rejected(desk, "row-1")])

    assert await desk.ledger.discard(["a", "a", "row-1", "ready", "unknown"]) == 2

    assert [failure.id for failure in await desk.failures()] == ["b"]
    assert await desk.states() == {State.PARKED: 1, State.READY: 1}
    assert await desk.ledger.payloads(["a"]) == {}
    assert await desk.submit("a", body="new") == Accepted(1)
    assert await desk.ledger.reject([rejected(desk, "row-1")]) == 1
    leases = {lease.payload["id"]: lease for lease in await desk.lease()}
    await desk.settle(leases["a"], Dead(desk.problem()))
    assert (await desk.failures(ids=frozenset({"a"})))[0].attempts == ()


async def test_a_rejected_row_is_kept_once(desk: "Desk") -> None:
    """Submitting the bad file again adds no failure; a row comes back as it was kept."""
    rows = [rejected(desk, "row-1", job={"id": 'a"\0'}), rejected(desk, "row-2\0", job=None)]

    assert await desk.ledger.reject(rows) == 2
    desk.clock.advance(5)
    assert await desk.ledger.reject([rejected(desk, "row-3"), *rows]) == 1

    kept = await desk.failures()
    assert kept[:2] == rows
    assert [failure.id for failure in kept] == ["row-1", "row-2\0", "row-3"]


async def test_nothing_asked_of_the_ledger_is_nothing_done(desk: "Desk") -> None:
    """Batches of no length, and an empty store."""
    assert await desk.ledger.failures(Selection()) == ([], None)
    assert await desk.ledger.results() == ([], None)
    assert await desk.ledger.reject([]) == 0
    assert await desk.ledger.replay([]) == 0
    assert await desk.ledger.discard([]) == 0
    assert await desk.ledger.payloads([]) == {}
    assert sum((await desk.ledger.counts()).states.values()) == 0
