"""The PostgreSQL store: queue, ledger, archive, quotas, stops and bell over one schema."""

from collections.abc import Mapping, Sequence
from functools import partial

from worker.finding import Finding
from worker.limits.budget import Budget
from worker.ports import Clock
from worker.queues.bell import ListeningBell
from worker.queues.postgres.address import Address, address_of
from worker.queues.postgres.archive import PostgresArchive
from worker.queues.postgres.bell import hear
from worker.queues.postgres.days import Days
from worker.queues.postgres.examine import examine
from worker.queues.postgres.ledger import PostgresLedger
from worker.queues.postgres.migrating import check
from worker.queues.postgres.names import Names
from worker.queues.postgres.pool import ANSWER_S
from worker.queues.postgres.queue import PostgresQueue
from worker.queues.postgres.quota import PostgresAccounts
from worker.queues.postgres.session import Session
from worker.queues.postgres.stops import PostgresStops
from worker.queues.swapping import SwappingQuota


class PostgresStore:
    """Jobs in a database that any number of machines may share.

    Attributes:
        queue: the hot side.
        ledger: the cold side.
        stops: which lanes stand still.
        archive: whole records.
        bell: rings when jobs become ready.
        clock: the one that was given.
    """

    def __init__(self, address: Address, clock: Clock, answer_s: float) -> None:
        self._session = Session(address, answer_s)
        self.clock = clock
        self.bell = ListeningBell(clock, partial(hear, address, clock))
        names, days = Names(self._session), Days(self._session)
        self.queue = PostgresQueue(self._session, names, days, clock)
        self.ledger = PostgresLedger(self._session, names)
        self.stops = PostgresStops(self._session)
        self.archive = PostgresArchive(self._session, names)

    def quota(self, budgets: Mapping[str, Sequence[Budget]]) -> SwappingQuota:
        """Accounts for budgets, by API, that all workers of the schema draw on."""
        return SwappingQuota(PostgresAccounts(self._session), budgets, self.clock)

    @classmethod
    async def open(cls, url: str, clock: Clock, answer_s: float = ANSWER_S) -> "PostgresStore":
        """Use the tables in the schema of a URL, making them where there are none.

        Args:
            url: ``postgresql://user:password@host:port/database?schema=preflight``, with whatever else asyncpg reads.
            clock: for due times and leases: that of the server, see ``ServerClock``.
            answer_s: how long a server may say nothing before it is a StoreGoneError, if that is not long anyway.

        Raises:
            StoreError: the server is away or refuses, or the tables are of another version.
            ConfigError: the URL cannot be used.
        """
        address = address_of(url)
        await check(address)
        return cls(address, clock, min(answer_s, ANSWER_S))

    async def server_time(self) -> float:
        """Epoch seconds by the server's clock."""
        told: float = await self._session.value("tell_time")
        return told

    async def examine(self) -> list[Finding]:
        """What is right and wrong with the server and the tables, for ``preflight doctor``.

        Raises:
            StoreError: it could not be asked.
        """
        return await examine(self._session, self.clock.now())

    async def close(self) -> None:
        """Wait for what was asked already, then hang up. Whatever is asked afterwards is a StoreError."""
        await self.bell.close()
        await self._session.close()
