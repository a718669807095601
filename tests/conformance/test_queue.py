"""What every queue does: product.md's diagram of what happens to a job, transition by transition."""

from typing import TYPE_CHECKING

import orjson
import pytest

from worker.job import Lane, Source, State
from worker.outcome import Dead, Delivered, Outcome, Parked, Released, Retry, Settlement
from worker.ports import Accepted, Want

if TYPE_CHECKING:
    from tests.conformance.conftest import Desk

OTHER = Lane("shop", "refund", "tenant-7")


async def test_an_accepted_job_is_ready_and_its_lane_has_work(desk: "Desk") -> None:
    """A new job can be leased, with its content as it was submitted."""
    accepted = await desk.submit("a", body={"qty": 2})

    assert accepted == Accepted(1)
    assert await desk.queue.lanes() == [desk.lane]
    lease = await desk.one()
    assert (lease.lane, lease.payload["id"], lease.payload["body"]) == (desk.lane, "a", {"qty": 2})
    assert (lease.attempts, lease.expiries, lease.source) == (0, 0, None)


async def test_a_leased_job_is_in_nobody_elses_hands(desk: "Desk") -> None:
    """A second lease of the lane gets nothing, and the lane has no work left."""
    await desk.submit("a")
    await desk.one()

    assert await desk.lease() == []
    assert await desk.queue.lanes() == []
    assert await desk.states() == {State.LEASED: 1}


async def test_the_highest_priority_goes_first_then_the_oldest(desk: "Desk") -> None:
    """Priority orders inside a lane; equals go in the order of acceptance."""
    jobs = [("a", 0), ("b", 5), ("c", -1), ("d", 5), ("e", 0)]
    await desk.queue.enqueue([desk.entry(id_, priority=priority) for id_, priority in jobs])

    first, rest = await desk.lease(2), await desk.lease()

    assert [lease.payload["id"] for lease in (*first, *rest)] == ["b", "d", "a", "e", "c"]


async def test_a_lease_takes_no_more_of_each_lane_than_was_wanted(desk: "Desk") -> None:
    """Wants are per lane; unknown lanes and wants of nothing give nothing; a lane named twice gives both wants."""
    await desk.queue.enqueue([desk.entry(f"a{n}") for n in range(5)] + [desk.entry(f"b{n}", OTHER) for n in range(5)])
    wants = [Want(OTHER, 1), Want(desk.lane, 2), Want(Lane("no", "where"), 3), Want(OTHER, 1)]

    leases = await desk.queue.lease(wants, 60)

    assert sorted(lease.payload["id"] for lease in leases) == ["a0", "a1", "b0", "b1"]
    assert await desk.queue.lease([Want(desk.lane, 0), Want(OTHER, -1)], 60) == []
    assert {str(lane) for lane in await desk.queue.lanes()} == {"shop/order", "shop/refund/tenant-7"}


async def test_a_lane_without_a_key_is_not_the_lane_of_an_empty_one(desk: "Desk") -> None:
    """``key`` None, an empty text and the text "null" are three lanes."""
    lanes = {Lane("shop", "order", key) for key in (None, "", "null", 'a"b', "a\0b", "a", "ключ")}
    await desk.queue.enqueue([desk.entry(str(number), lane) for number, lane in enumerate(lanes)])

    assert set(await desk.queue.lanes()) == lanes
    for lane in lanes:
        assert [lease.lane for lease in await desk.lease(lane=lane)] == [lane]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Delivered(), State.DELIVERED),
        ("dead", State.DEAD),
        ("parked", State.PARKED),
        ("retry", State.DELAYED),
        ("at once", State.READY),
        (Released("shutdown"), State.READY),
    ],
)
async def test_a_settled_job_is_where_its_outcome_puts_it(desk: "Desk", outcome: Outcome | str, state: State) -> None:
    """Each outcome has one state, and the lease is over."""
    problem = desk.problem()
    outcomes: dict[str, Outcome] = {
        "dead": Dead(problem),
        "parked": Parked(problem),
        "retry": Retry(problem, 5),
        "at once": Retry(problem, 0),
    }
    await desk.submit("a")
    lease = await desk.one()

    settled = await desk.settle(lease, outcomes[outcome] if isinstance(outcome, str) else outcome)

    assert settled
    assert await desk.states() == {state: 1}
    assert not await desk.settle(lease, Delivered())
    assert await desk.states() == {state: 1}


async def test_a_retried_job_waits_and_is_charged(desk: "Desk") -> None:
    """A retry is due after its delay, goes back to its old place, and has one attempt more."""
    await desk.submit("a", "b")
    (lease,) = await desk.lease(1)
    await desk.settle(lease, Retry(desk.problem(), 5.0), desk.attempt())

    desk.clock.advance(4)
    assert await desk.queue.promote() == 1.0
    desk.clock.advance(1)
    assert await desk.queue.promote() is None

    again = await desk.lease()
    assert [(lease.payload["id"], lease.attempts) for lease in again] == [("a", 1), ("b", 0)]
    assert again[0].fence > lease.fence


async def test_a_released_job_is_charged_with_nothing(desk: "Desk") -> None:
    """Not even with the request that was made."""
    await desk.submit("a")
    await desk.settle(await desk.one(), Released("shutdown"), desk.attempt(429))

    lease = await desk.one()
    assert (lease.attempts, lease.expiries) == (0, 0)


async def test_a_job_for_later_is_delayed_until_its_time(desk: "Desk") -> None:
    """``not_before`` in the future delays; in the past it is nothing."""
    now = desk.clock.now()
    await desk.queue.enqueue(
        [desk.entry("later", at=now + 10), desk.entry("sooner", at=now + 3), desk.entry("now", at=now)]
    )

    assert [lease.payload["id"] for lease in await desk.lease()] == ["now"]
    assert await desk.queue.promote() == 3.0
    desk.clock.advance(5)
    assert await desk.queue.promote() == 5.0
    assert [lease.payload["id"] for lease in await desk.lease()] == ["sooner"]
    assert await desk.states() == {State.LEASED: 2, State.DELAYED: 1}


async def test_a_lease_that_ran_out_is_reclaimed_once(desk: "Desk") -> None:
    """The job is ready again, the expiry counted, no attempt charged; a live lease is left alone."""
    await desk.submit("a", "b")
    await desk.lease(1, lease_s=10)
    await desk.lease(1, lease_s=100)

    assert await desk.queue.reclaim() == 0
    desk.clock.advance(11)
    assert await desk.queue.reclaim() == 1
    assert await desk.queue.reclaim() == 0

    lease = await desk.one()
    assert (lease.payload["id"], lease.attempts, lease.expiries) == ("a", 0, 1)


async def test_a_renewed_lease_lasts(desk: "Desk") -> None:
    """From the moment of the renewal; a lost lease cannot be renewed."""
    await desk.submit("a")
    lease = await desk.one()
    desk.clock.advance(50)

    assert await desk.queue.renew([lease], 60) == [True]
    desk.clock.advance(50)
    assert await desk.queue.reclaim() == 0
    desk.clock.advance(11)
    assert await desk.queue.reclaim() == 1
    assert await desk.queue.renew([lease], 60) == [False]


async def test_a_lost_lease_settles_nothing(desk: "Desk") -> None:
    """Whoever comes back after the job was given to another changes nothing, and the other is not disturbed."""
    await desk.submit("a")
    lost = await desk.one()
    desk.clock.advance(61)
    await desk.queue.reclaim()
    held = await desk.one()

    assert not await desk.settle(lost, Dead(desk.problem()), desk.attempt())
    assert await desk.failures() == []
    assert await desk.states() == {State.LEASED: 1}
    assert await desk.settle(held, Delivered())


async def test_an_overdue_lease_that_nobody_reclaimed_still_holds(desk: "Desk") -> None:
    """A slow worker is not punished while nobody else has the job."""
    await desk.submit("a")
    lease = await desk.one()
    desk.clock.advance(1000)

    assert await desk.settle(lease, Delivered(), desk.attempt(200))


async def test_a_batch_of_outcomes_is_answered_in_its_order(desk: "Desk") -> None:
    """Lost leases, and one that is settled twice in a batch, do not hinder the others."""
    await desk.submit("a", "b", "c", "d")
    a, b, c, d = await desk.lease()
    await desk.settle(b, Delivered())
    problem = desk.problem()

    settled = await desk.queue.settle(
        [
            Settlement(a, Dead(problem)),
            Settlement(b, Delivered()),
            Settlement(c, Retry(problem, 1)),
            Settlement(a, Delivered()),
            Settlement(d, Parked(problem)),
        ]
    )

    assert settled == [True, False, True, False, True]
    assert await desk.states() == {State.DEAD: 1, State.DELIVERED: 1, State.DELAYED: 1, State.PARKED: 1}


async def test_the_same_jobs_twice_add_nothing(desk: "Desk") -> None:
    """Whatever has become of the first, and however its members are ordered."""
    await desk.submit("a", "b", body={"x": 1, "y": [1, 2]})
    await desk.settle((await desk.lease(1))[0], Delivered())

    again = await desk.submit("a", "new", "b", body={"y": [1, 2], "x": 1})

    assert again == Accepted(1, duplicates=(0, 2))
    assert await desk.states() == {State.DELIVERED: 1, State.READY: 2}


@pytest.mark.parametrize(
    ("one", "other"), [(1, 2), (1, True), (1, 1.0), (0, False), ("1", 1), (None, 0), ([1, 2], [2, 1])]
)
async def test_the_same_id_with_other_content_is_a_conflict(desk: "Desk", one: object, other: object) -> None:
    """It is not taken; JSON's 1, 1.0 and true are three values."""
    await desk.submit("a", body=one)

    assert await desk.submit("a", "b", body=other) == Accepted(1, conflicts=(0,))
    assert [lease.payload["body"] for lease in await desk.lease()] == [one, other]


async def test_an_id_that_stands_twice_in_a_batch_is_taken_once(desk: "Desk") -> None:
    """The first is; the like is a duplicate, the unlike a conflict."""
    entries = [desk.entry("a", body=1), desk.entry("b"), desk.entry("a", body=1), desk.entry("a", body=2)]

    assert await desk.queue.enqueue(entries) == Accepted(2, duplicates=(2,), conflicts=(3,))
    assert [lease.payload["id"] for lease in await desk.lease()] == ["a", "b"]


async def test_a_lease_says_where_its_job_was_read(desk: "Desk") -> None:
    """File and line of the submission."""
    await desk.queue.enqueue([desk.entry("a", line=17), desk.entry("b", line=18)], "orders.jsonl")
    await desk.queue.enqueue([desk.entry("c", line=1)], "другие.csv")

    sources = [lease.source for lease in await desk.lease()]

    assert sources == [Source("orders.jsonl", 17), Source("orders.jsonl", 18), Source("другие.csv", 1)]


@pytest.mark.parametrize(
    "id_", ["", "a\0b", 'say "hi"', "back\\slash", "it's; DROP TABLE jobs", "юникод 🚀", "line\nbreak"]
)
async def test_any_text_is_an_id(desk: "Desk", id_: str) -> None:
    """Also those that JSON and SQL treat specially; and none is taken for another."""
    await desk.submit("a", "\\u0000", id_)

    assert (await desk.submit(id_)).duplicates == (0,)
    assert (await desk.ledger.payloads([id_, "unknown"])).keys() == {id_}
    assert {lease.payload["id"] for lease in await desk.lease()} == {"a", "\\u0000", id_}


async def test_content_comes_back_exactly(desk: "Desk") -> None:
    """NUL characters, quotes, big numbers, deep nesting, other scripts."""
    body = {"nul": "a\0b", "quote": "\"'\\", "big": 2**63, "small": -(2**63), "float": 0.1, "ж": "🚀", "none": None}
    await desk.submit("a", body=body)

    assert (await desk.one()).payload["body"] == body


async def test_a_body_of_a_megabyte_is_a_body(desk: "Desk") -> None:
    """And many of them are too: a lease may hand out fewer, but never none."""
    text = "x" * 1_000_000
    await desk.queue.enqueue([desk.entry(str(number), body=text) for number in range(40)])

    leases = []
    while found := await desk.lease():
        leases += found

    assert [lease.payload["id"] for lease in leases] == [str(number) for number in range(40)]
    assert all(lease.payload["body"] == text for lease in leases)


async def test_nothing_asked_is_nothing_done(desk: "Desk") -> None:
    """Batches of no length."""
    assert await desk.queue.enqueue([]) == Accepted(0)
    assert await desk.queue.lease([], 60) == []
    assert await desk.queue.settle([]) == []
    assert await desk.queue.renew([], 60) == []
    assert await desk.queue.promote() is None
    assert await desk.queue.reclaim() == 0
    assert await desk.queue.lanes() == []


async def test_a_payload_is_handed_out_as_one_workers_own(desk: "Desk") -> None:
    """What one worker does to it reaches neither the queue nor the next worker."""
    await desk.submit("a", body={"qty": 2})
    lease = await desk.one()
    lease.payload["body"]["qty"] = 99
    await desk.settle(lease, Released("shutdown"))

    assert (await desk.one()).payload["body"] == {"qty": 2}
    assert orjson.loads((await desk.ledger.payloads(["a"]))["a"])["body"] == {"qty": 2}
