"""What every queue does with content: ids, lanes and bodies come back as they were, and nothing is taken twice."""

from typing import TYPE_CHECKING

import orjson
import pytest

from worker.job import Lane, Source, State
from worker.outcome import Delivered, Released
from worker.ports import Accepted

if TYPE_CHECKING:
    from tests.conformance.conftest import Desk


async def test_a_lane_without_a_key_is_not_the_lane_of_an_empty_one(desk: "Desk") -> None:
    """``key`` None, an empty text and the text "null" are three lanes."""
    lanes = {Lane("shop", "order", key) for key in (None, "", "null", 'a"b', "a\0b", "a", "ключ")}
    await desk.queue.enqueue([desk.entry(str(number), lane) for number, lane in enumerate(lanes)])

    assert {one.lane for one in await desk.queue.lanes()} == lanes
    for lane in lanes:
        assert [lease.lane for lease in await desk.lease(lane=lane)] == [lane]


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


async def test_a_payload_is_handed_out_as_one_workers_own(desk: "Desk") -> None:
    """What one worker does to it reaches neither the queue nor the next worker."""
    await desk.submit("a", body={"qty": 2})
    lease = await desk.one()
    lease.payload["body"]["qty"] = 99
    await desk.settle(lease, Released("shutdown"))

    assert (await desk.one()).payload["body"] == {"qty": 2}
    assert orjson.loads((await desk.ledger.payloads(["a"]))["a"])["body"] == {"qty": 2}
