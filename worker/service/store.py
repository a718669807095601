"""The store that a config names: the only file that names a concrete one."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Protocol, assert_never

from worker.cancelling import ended
from worker.engine.moving import Copyable
from worker.errors import ConfigError
from worker.finding import Finding
from worker.limits.budget import Budget
from worker.ports import Bell, Clock, Quota
from worker.queues.memory.store import MemoryStore
from worker.queues.server_clock import ServerClock
from worker.queues.sqlite import examine
from worker.queues.sqlite.store import SqliteStore
from worker.settings import Settings
from worker.settings.settings import QueueSettings

#: Of a lease. It is renewed after a third of it, so that a second try comes before it has run out.
_ANSWER_SHARE: Final = 1 / 3


class Store(Copyable, Protocol):
    """A queue and its ledger, and the connection behind both."""

    @property
    def bell(self) -> Bell:
        """Wakes idle workers."""

    def quota(self, budgets: Mapping[str, Sequence[Budget]]) -> Quota:
        """The account of these budgets, by API."""

    async def examine(self) -> list[Finding]:
        """What is worth knowing of it, for ``preflight doctor``; nothing is changed.

        Raises:
            StoreError: it cannot be asked.
        """

    async def close(self) -> None:
        """Give the connection back, after what is under way has ended."""


class ServerStore(Store, Protocol):
    """A store on a server, whose time counts."""

    async def server_time(self) -> float:
        """Epoch seconds by the server's clock."""


@asynccontextmanager
async def open_store(settings: Settings, clock: Clock, lease_s: float = math.inf) -> AsyncIterator[Store]:
    """The store that the settings name, open until the block ends.

    Args:
        settings: of them, the queue's.
        clock: of this machine; a store on a server has a time of its own.
        lease_s: of a worker: a renewal that is not answered has to be noticed while there is time for another.

    Raises:
        StoreError: it cannot be opened; the message names it and the remedy.
        ConfigError: what its client needs is not installed.
    """
    queue = settings.queue
    match queue.kind:
        case "memory":
            yield MemoryStore(clock)
        case "sqlite":
            assert queue.path is not None
            store = await SqliteStore.open(queue.path, clock)
            try:
                yield store
            finally:
                await store.close()
        case "postgres" | "valkey":
            async with _on_server(queue, ServerClock(clock), lease_s * _ANSWER_SHARE) as shared:
                yield shared
        case _:
            assert_never(queue.kind)


@asynccontextmanager
async def _on_server(queue: QueueSettings, clock: ServerClock, answer_s: float) -> AsyncIterator[Store]:
    store = await _connected(queue, clock, answer_s)
    try:
        await clock.measure(store.server_time)
        following = asyncio.create_task(clock.follow(store.server_time))
        try:
            yield store
        finally:
            if (failure := await ended([following])) is not None:
                raise failure
    finally:
        await store.close()


async def _connected(queue: QueueSettings, clock: Clock, answer_s: float) -> ServerStore:
    with _installed(queue):
        if queue.kind == "postgres":
            from worker.queues.postgres.store import PostgresStore  # noqa: PLC0415 - its client is an extra

            return await PostgresStore.open(queue.url, clock, answer_s)
        from worker.queues.valkey.store import ValkeyStore  # noqa: PLC0415 - its client is an extra

        return await ValkeyStore.open(queue.url, clock, answer_s)


async def unopened(queue: QueueSettings) -> list[Finding]:
    """What can be said of a store that cannot be opened without making or changing it; nothing where it can.

    Raises:
        StoreError: it cannot be reached.
        ConfigError: what its client needs is not installed.
    """
    if queue.path is not None:
        return examine.unopened(queue.path)
    if queue.kind == "valkey":
        with _installed(queue):
            from worker.queues.valkey import examine as valkey  # noqa: PLC0415 - its client is an extra

            return await valkey.unopened(queue.url)
    if queue.kind == "postgres" and await _version(queue) == 0:
        return [Finding("ok", "queue", f"{queue.shown} has no tables yet: the first submit makes them")]
    return []


def check_installed(queue: QueueSettings) -> None:
    """Make sure that what the store's client needs is there.

    Raises:
        ConfigError: it is not installed.
    """
    with _installed(queue):
        if queue.kind == "postgres":
            import asyncpg  # noqa: F401, PLC0415 - its client is an extra
        elif queue.kind == "valkey":
            import redis  # noqa: F401, PLC0415 - its client is an extra


async def is_made(queue: QueueSettings) -> bool:
    """Whether there is anything to open: a file, tables, or keys. Raises what ``unopened`` does."""
    if queue.path is not None:
        return queue.path.exists()
    if queue.kind == "valkey":
        with _installed(queue):
            from worker.queues.valkey import examine as valkey  # noqa: PLC0415 - its client is an extra

            return await valkey.is_made(queue.url)
    return queue.kind == "memory" or await _version(queue) > 0


async def _version(queue: QueueSettings) -> int:
    with _installed(queue):
        from worker.queues.postgres import migrating  # noqa: PLC0415 - its client is an extra

        return await migrating.version(queue.url)


async def migrate(queue: QueueSettings) -> tuple[int, int]:
    """Bring a PostgreSQL queue's schema up to this version; the version before, 0 where there was none, and after.

    Raises:
        StoreError: it cannot be done; the schema is as it was before the step that failed.
        ConfigError: what its client needs is not installed.
    """
    with _installed(queue):
        from worker.queues.postgres import migrating  # noqa: PLC0415 - its client is an extra

        return await migrating.migrate(queue.url)


@contextmanager
def _installed(queue: QueueSettings) -> Iterator[None]:
    """Say what is to be installed where a client is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"queue.url = {queue.shown}: needs the package {error.name}: pip install 'preflight-worker[{queue.kind}]'"
        ) from None
