"""The store that a config names: the only file that names a concrete one."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from worker.limits.budget import Budget
from worker.ports import Clock, Ledger, Queue, Quota, Stops
from worker.queues.memory.store import MemoryStore
from worker.queues.sqlite.store import SqliteStore
from worker.settings import Settings


class Store(Protocol):
    """A queue and its ledger, and the connection behind both."""

    @property
    def queue(self) -> Queue:
        """The hot side."""

    @property
    def ledger(self) -> Ledger:
        """The cold side."""

    @property
    def stops(self) -> Stops:
        """Which lanes stand still."""

    def quota(self, budgets: Mapping[str, Sequence[Budget]]) -> Quota:
        """The account of these budgets, by API."""

    async def close(self) -> None:
        """Give the connection back, after what is under way has ended."""


@asynccontextmanager
async def open_store(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The store that the settings name, open until the block ends.

    Raises:
        StoreError: it cannot be opened; the message names it and the remedy.
    """
    path = settings.queue.path
    store: Store = MemoryStore(clock) if path is None else await SqliteStore.open(path, clock)
    try:
        yield store
    finally:
        await store.close()
