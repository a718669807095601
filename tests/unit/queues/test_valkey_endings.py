"""Endings are numbered so that whoever has read up to one misses none behind it, whatever happens meanwhile."""

from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio

from worker.job import Entry, Lane
from worker.outcome import Cause, Dead, Delivered, Outcome, Problem, Settlement
from worker.ports import Edit, Want
from worker.queues.valkey.reading import read_endings

LANE = Lane("shop", "order")
DEAD = Dead(Problem(Cause.REJECTED, "judge", "refused", "the API said no"))


class Between:
    """A connection, and something that happens before its second question."""

    def __init__(self, connection: Any, act: Callable[[], Awaitable[None]]) -> None:
        self._act = act
        self._connection = connection
        self._asked = 0
        self.run = connection.run

    async def ask(self, *commands: Any) -> list[Any]:
        """Ask it; see ``Connection.ask``."""
        self._asked += 1
        if self._asked == 2:
            await self._act()
        answers: list[Any] = await self._connection.ask(*commands)
        return answers


async def end(store: Any, *ids: str, outcome: Outcome = DEAD) -> None:
    """Let jobs with these ids end, one after the other; those that are unknown are taken in."""
    await store.queue.enqueue([Entry(id_, LANE, f'{{"id":"{id_}"}}') for id_ in ids])
    leases = {one.payload["id"]: one for one in await store.queue.lease([Want(LANE, 100)], 60)}
    for id_ in ids:
        assert await store.queue.settle([Settlement(leases[id_], outcome)]) == [True]


async def test_a_job_that_ends_anew_while_a_page_is_read_stands_in_its_new_place(valkey: Any) -> None:
    """The numbers of a page grow, and nobody who goes on behind the last of them misses one."""
    await end(valkey, "a", "b", "c")

    async def again() -> None:
        await valkey.ledger.replay([Edit("c")])
        await end(valkey, "d", "e", "c")

    page = await read_endings(Between(valkey._connection, again), 0, 3)  # type: ignore[arg-type]

    rest = await valkey.ledger.endings(page[-1].number)
    assert [one.number for one in page] == sorted(one.number for one in page)
    assert [one.end.id for one in (*page, *rest)] == ["a", "b", "c", "d", "e", "c"]


async def test_what_ends_after_the_server_has_forgotten_stands_behind_what_ended_before(
    own_valkey: Any, open_valkey: Any, clock: Any
) -> None:
    """Delivered, failed, called delivered or copied: who reads on gets it."""
    server = own_valkey()
    store = await open_valkey(server.url)
    await end(store, "a", "b", "c")
    last = (await store.ledger.endings())[-1].number
    records, _ = await store.archive.read()
    async with redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:")) as admin:
        await admin.flushall()
    clock.advance(0.001)

    await end(store, "d", outcome=Delivered())
    await store.archive.write(records[1:2])
    await end(store, "e")

    found = await store.ledger.endings(last)
    assert [one.end.id for one in found] == ["d", "b", "e"]
    assert found[-1].number < 2**53


async def test_more_than_a_thousand_endings_in_a_moment_keep_their_order(valkey: Any) -> None:
    """Their numbers run ahead of the time, and what ends later goes on behind them."""
    ids = [str(number) for number in range(1_200)]
    await valkey.queue.enqueue([Entry(id_, LANE, f'{{"id":"{id_}"}}') for id_ in ids])
    while leases := await valkey.queue.lease([Want(LANE, 256)], 60):
        await valkey.queue.settle([Settlement(one, Delivered()) for one in leases])

    found: list[Any] = []
    while page := await valkey.ledger.endings(found[-1].number if found else 0, 500):
        found += page

    assert [one.end.id for one in found] == ids
