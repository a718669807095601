"""The scripts, and a server that forgets them."""

from importlib.resources import files
from typing import Any

import pytest
import redis.asyncio

from worker.job import Entry, Lane, State
from worker.outcome import Attempt, Delivered, Settlement
from worker.ports import Accepted, Want
from worker.record import Record

LANE = Lane("shop", "order")
SCRIPTS = sorted(one.name for one in files("worker.queues.valkey").joinpath("lua").iterdir())


def entries(*ids: str) -> list[Entry]:
    """Jobs with these ids."""
    return [Entry(id_, LANE, f'{{"id":"{id_}","api":"shop","operation":"order"}}') for id_ in ids]


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_script_opens_with_its_invariant(name: str) -> None:
    """And says what it is given."""
    text = files("worker.queues.valkey").joinpath("lua", name).read_text("utf-8")

    assert text.startswith("-- ")
    assert "ARGV" in "".join(line for line in text.splitlines() if line.startswith("--")) or name == "table.lua"


async def test_a_server_that_forgot_the_scripts_is_told_them_again(valkey: Any, valkey_url: str) -> None:
    """Between any two calls, also in the middle of a batch that is several scripts."""
    async with redis.asyncio.Redis.from_url(valkey_url.replace("valkey:", "redis:")) as admin:
        await admin.script_flush()
        accepted = await valkey.queue.enqueue(entries(*map(str, range(600))))
        await admin.script_flush()
        leases = await valkey.queue.lease([Want(LANE, 3)], 60)
        await admin.script_flush()
        settled = await valkey.queue.settle([Settlement(one, Delivered()) for one in leases])

    assert accepted == Accepted(600)
    assert [one.payload["id"] for one in leases] == ["0", "1", "2"]
    assert settled == [True, True, True]


async def test_a_batch_of_many_scripts_is_taken_in_order_and_once(valkey: Any) -> None:
    """Duplicates and conflicts are told by their index in the whole batch."""
    batch = entries(*(str(number % 700) for number in range(1_000)))
    batch[999] = batch[999]._replace(payload='{"other":1}')

    accepted = await valkey.queue.enqueue(batch)

    assert accepted == Accepted(700, tuple(range(700, 999)), (999,))
    seen: list[str] = []
    while leases := await valkey.queue.lease([Want(LANE, 400)], 60):
        seen += [one.payload["id"] for one in leases]
        assert all(await valkey.queue.settle([Settlement(one, Delivered()) for one in leases]))
    assert seen == [str(number) for number in range(700)]


async def test_numbers_keep_their_order_and_every_digit(valkey: Any, clock: Any) -> None:
    """The extremes of priority, and times that a Lua number would shorten when printed."""
    at = clock.now() + 0.1234567
    await valkey.queue.enqueue(
        [one._replace(priority=priority) for one, priority in zip(entries(*"abc"), (-(10**6), 10**6, 0), strict=True)]
    )
    await valkey.queue.enqueue([entries("d")[0]._replace(not_before=at)])

    leases = await valkey.queue.lease([Want(LANE, 3)], 60)

    assert [one.payload["id"] for one in leases] == ["b", "c", "a"]
    ((record,), _) = await valkey.archive.read(max(one.seq for one in leases), 5)
    assert (record.state, record.due_at) == (State.DELAYED, at)


async def test_a_priority_may_be_written_as_any_integer_of_json(valkey: Any) -> None:
    """5.0 is one."""
    priority: Any = 5.0

    await valkey.queue.enqueue([entries("a")[0]._replace(priority=priority)])

    ((record,), _) = await valkey.archive.read()
    assert record.priority == 5


async def test_a_thousand_lanes_are_leased_from_in_turn(valkey: Any) -> None:
    """No script looks at so many; those that were left out come next."""
    lanes = [Lane("shop", "order", str(number)) for number in range(1_000)]
    await valkey.queue.enqueue([Entry(str(lane.key), lane, f'{{"id":"{lane.key}"}}') for lane in lanes])

    seen: list[Lane] = []
    while leases := await valkey.queue.lease([Want(lane, 1) for lane in lanes], 60):
        seen += [one.lane for one in leases]

    assert seen == lanes


async def test_a_job_comes_with_all_of_its_attempts(valkey: Any, clock: Any) -> None:
    """More of them than a script can name in one command."""
    history = tuple(Attempt(number + 1, clock.now(), 1.0, 503) for number in range(10_000))
    record = Record("a", LANE, '{"id":"a"}', State.READY, attempts=len(history), history=history)

    assert await valkey.archive.write([record]) == Accepted(1)

    assert await valkey.archive.read() == ([record], None)
