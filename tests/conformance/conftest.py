"""Every store passes the same suite: a new one joins by adding a line to ``STORES``."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import orjson
import pytest

from worker.failure import Failure, Selection
from worker.job import Entry, Lane, Lease, State
from worker.outcome import Attempt, Cause, Dead, Outcome, Parked, Problem, Settlement
from worker.ports import Accepted, Ledger, Queue, Want
from worker.queues.memory import MemoryStore
from worker.queues.postgres.store import PostgresStore
from worker.queues.sqlite import SqliteStore
from worker.queues.valkey import ValkeyStore
from worker.testing import ManualClock

LANE = Lane("shop", "order")


class Store(Protocol):
    """What every store offers."""

    @property
    def queue(self) -> Queue:
        """The hot side."""

    @property
    def ledger(self) -> Ledger:
        """The cold side."""

    async def close(self) -> None:
        """Give everything back."""


async def _memory(_: pytest.FixtureRequest, clock: ManualClock) -> Store:
    return MemoryStore(clock)


async def _sqlite(request: pytest.FixtureRequest, clock: ManualClock) -> Store:
    folder: Path = request.getfixturevalue("tmp_path")
    return await SqliteStore.open(folder / "queue.db", clock)


async def _valkey(request: pytest.FixtureRequest, clock: ManualClock) -> Store:
    return await ValkeyStore.open(request.getfixturevalue("valkey_prefix"), clock)


async def _redis(request: pytest.FixtureRequest, clock: ManualClock) -> Store:
    return await ValkeyStore.open(request.getfixturevalue("redis_prefix"), clock)


async def _postgres(request: pytest.FixtureRequest, clock: ManualClock) -> Store:
    return await PostgresStore.open(request.getfixturevalue("postgres_schema"), clock)


#: The servers of those that need one are asked for only when their turn comes.
STORES: dict[str, Callable[[pytest.FixtureRequest, ManualClock], Awaitable[Store]]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "postgres": _postgres,
    "valkey": _valkey,
    "redis": _redis,
}


class Desk:
    """A store, its clock, and short words for what tests do all the time."""

    lane = LANE

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.queue = store.queue
        self.ledger = store.ledger
        self.clock = clock
        self.held: Lease

    @staticmethod
    def entry(
        id_: str, lane: Lane = LANE, *, line: int | None = None, at: float | None = None, **content: Any
    ) -> Entry:
        """A job; ``content`` joins its payload."""
        payload = {"id": id_, "api": lane.api, "operation": lane.operation, "key": lane.key, **content}
        return Entry(id_, lane, orjson.dumps(payload).decode(), content.get("priority", 0), at, line)

    async def submit(self, *ids: str, **content: Any) -> Accepted:
        """Put jobs with these ids on the queue."""
        return await self.queue.enqueue([self.entry(id_, **content) for id_ in ids])

    async def lease(
        self, most: int = 100, lane: Lane = LANE, lease_s: float = 60.0, *, ordered: bool = False
    ) -> list[Lease]:
        """Lease from one lane."""
        return await self.queue.lease([Want(lane, most, ordered)], lease_s)

    async def one(self) -> Lease:
        """Lease the only ready job."""
        (lease,) = await self.lease()
        return lease

    async def next(self, lane: Lane = LANE) -> str | None:
        """Lease the next job of a lane whose jobs go one after the other, and say its id; None where none may go."""
        leases = await self.lease(lane=lane, ordered=True)
        self.held = leases[0] if leases else self.held
        return leases[0].payload["id"] if leases else None

    async def settle(self, lease: Lease, outcome: Outcome, attempt: Attempt | None = None) -> bool:
        """Settle one lease."""
        (settled,) = await self.queue.settle([Settlement(lease, outcome, attempt)])
        return settled

    async def fail(self, *ids: str, cause: Cause = Cause.INVALID, parked: bool = False, **content: Any) -> None:
        """Let jobs with these ids fail without being sent."""
        await self.submit(*ids, **content)
        outcome = Parked(self.problem(cause)) if parked else Dead(self.problem(cause))
        settled = await self.queue.settle([Settlement(lease, outcome) for lease in await self.lease()])
        assert settled == [True] * len(ids)

    async def failures(self, **selection: Any) -> list[Failure]:
        """Every failure of a selection."""
        return (await self.ledger.failures(Selection(**selection)))[0]

    async def states(self) -> dict[State, int]:
        """How many jobs are in each state that has any."""
        return {state: jobs for state, jobs in (await self.ledger.counts()).states.items() if jobs}

    @staticmethod
    def problem(cause: Cause = Cause.INVALID, status: int | None = None) -> Problem:
        """Why something failed."""
        return Problem(cause, "judge", "it failed", "because it failed", status)

    def attempt(self, status: int | None = 500, reply: str | None = "oops") -> Attempt:
        """A request that left just now."""
        return Attempt(1, self.clock.now(), 12.5, status, None if status else "timed out", reply)


@pytest.fixture
def clock() -> ManualClock:
    """Time that a test moves."""
    return ManualClock()


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Store]:
    """Each store in turn."""
    store = await STORES[request.param](request, clock)
    yield store
    await store.close()


@pytest.fixture
def desk(store: Store, clock: ManualClock) -> Desk:
    """A store with short words."""
    return Desk(store, clock)
