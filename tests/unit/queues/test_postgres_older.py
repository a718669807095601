"""A server that comes back as it was before, after a failover to a replica that lags or from a backup."""

import shutil
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

import pytest

from tests.servers.postgres import PostgresServer
from worker.errors import StoreAwayError, StoreBusyError
from worker.failure import Counts
from worker.job import Entry, Lane, Lease, Source
from worker.outcome import Delivered, Settlement
from worker.ports import Accepted, Ready, Want
from worker.queues.postgres.store import PostgresStore

OLD, NEW, OTHER = Lane("shop", "old"), Lane("shop", "new"), Lane("shop", "other")

Open: TypeAlias = Callable[..., Awaitable[PostgresStore]]
Own: TypeAlias = Callable[..., PostgresServer]


class Copied:
    """A server, and its data as they were once."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._data, self._copy = server.folder / "data", server.folder / "copy"

    def take(self) -> None:
        """Copy the data as they are now."""
        self._server.stop()
        subprocess.run(["cp", "-a", self._data, self._copy], check=True)  # noqa: S607 - with their owner
        self._server.start()

    def put_back(self) -> None:
        """Go on with the copy."""
        self._server.stop()
        shutil.rmtree(self._data)
        self._copy.rename(self._data)
        self._server.start()


@pytest.fixture
def server(own_postgres: Own) -> PostgresServer:
    """One whose data survive that it is stopped."""
    return own_postgres(durable=True)


@pytest.fixture
def copied(server: PostgresServer) -> Copied:
    """Of that server."""
    return Copied(server)


def _entry(id_: str, lane: Lane) -> Entry:
    return Entry(id_, lane, f'{{"id":"{id_}"}}', line=1)


async def _there(store: PostgresStore) -> Counts:
    """The connections of a store lead to the server again."""
    for _ in range(5):  # as many as it may have, and one
        with suppress(StoreAwayError):
            return await store.ledger.counts()
    return await store.ledger.counts()


async def _leased(store: PostgresStore, lane: Lane) -> list[Lease]:
    return await store.queue.lease([Want(lane, 10)], 30)


async def test_nothing_is_taken_into_a_lane_that_an_older_server_does_not_have(
    open_postgres: Open, server: PostgresServer, copied: Copied
) -> None:
    """It would wait there unseen for ever; asked again, the job is taken into its lane."""
    store = await open_postgres(server.url)
    await store.queue.enqueue([_entry("1", OLD)])
    copied.take()
    await _there(store)
    await store.queue.enqueue([_entry("2", NEW)])
    copied.put_back()
    await _there(store)

    with pytest.raises(StoreBusyError, match="not as it was"):
        await store.queue.enqueue([_entry("3", NEW)])
    assert await store.queue.lanes() == [Ready(OLD, 1)]

    assert await store.queue.enqueue([_entry("3", NEW)]) == Accepted(1)
    assert sorted(await store.queue.lanes()) == [Ready(NEW, 1), Ready(OLD, 1)]
    assert [lease.payload["id"] for lease in await _leased(store, NEW)] == ["3"]


@pytest.mark.parametrize("lane", [OLD, NEW])
async def test_no_job_comes_under_numbers_that_others_were_given(
    open_postgres: Open, server: PostgresServer, copied: Copied, lane: Lane
) -> None:
    """Neither its lane nor its file is taken for another one."""
    store = await open_postgres(server.url)
    await store.queue.enqueue([_entry("1", OLD)])
    copied.take()
    await _there(store)
    await store.queue.enqueue([_entry("2", NEW)], "new.csv")
    copied.put_back()
    another = await open_postgres(server.url)
    await another.queue.enqueue([_entry("3", OTHER)], "other.csv")
    await _there(store)

    with pytest.raises(StoreBusyError, match="not as it was"):
        await store.queue.enqueue([_entry("4", lane)], "new.csv")

    assert await store.queue.enqueue([_entry("4", lane)], "new.csv") == Accepted(1)
    assert [lease.source for lease in await _leased(store, OTHER)] == [Source("other.csv", 1)]
    assert (await _leased(store, lane))[-1].source == Source("new.csv", 1)


async def test_a_day_that_an_older_server_does_not_have_is_made_again(
    open_postgres: Open, server: PostgresServer, copied: Copied
) -> None:
    """What is settled then is asked for twice."""
    store = await open_postgres(server.url)
    await store.queue.enqueue([_entry("1", OLD)])
    copied.take()
    await _there(store)
    assert await store.queue.settle([Settlement(lease, Delivered()) for lease in await _leased(store, OLD)]) == [True]
    copied.put_back()
    await _there(store)
    settlements = [Settlement(lease, Delivered()) for lease in await _leased(store, OLD)]

    with pytest.raises(StoreBusyError, match="no partition"):
        await store.queue.settle(settlements)

    assert await store.queue.settle(settlements) == [True]
    assert [result.id for result in (await store.ledger.results())[0]] == ["1"]
