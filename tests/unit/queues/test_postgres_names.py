"""Lanes have numbers, and a process remembers some of them."""

import asyncio

import pytest

from worker.job import Entry, Lane
from worker.ports import Accepted
from worker.queues.postgres import names
from worker.queues.postgres.store import PostgresStore


def _batch(*keys: str) -> list[Entry]:
    return [Entry(key, Lane("shop", "order", key), "{}") for key in keys]


async def test_batches_that_come_together_do_not_forget_the_lanes_of_each_other(
    postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are more of them than are remembered."""
    monkeypatch.setattr(names, "_REMEMBERED", 4)
    await postgres.queue.enqueue(_batch("1", "2", "3", "4"))

    taken = await asyncio.gather(
        postgres.queue.enqueue(_batch("1", "2", "5")), postgres.queue.enqueue(_batch("3", "4", "6"))
    )

    assert list(taken) == [Accepted(1, (0, 1)), Accepted(1, (0, 1))]
    assert {ready.lane.key for ready in await postgres.queue.lanes()} == set("123456")
