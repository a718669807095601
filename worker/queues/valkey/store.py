"""The Valkey store: queue, ledger, archive, quotas and stops on one server."""

from collections.abc import Mapping, Sequence

from worker.limits.budget import Budget
from worker.ports import Clock
from worker.queues.bell import NoBell
from worker.queues.swapping import SwappingQuota
from worker.queues.valkey.address import read_address
from worker.queues.valkey.archive import ValkeyArchive
from worker.queues.valkey.connection import Connection
from worker.queues.valkey.ledger import ValkeyLedger
from worker.queues.valkey.queue import ValkeyQueue
from worker.queues.valkey.quota import ValkeyAccounts
from worker.queues.valkey.stops import ValkeyStops


class ValkeyStore:
    """Jobs on a server that any number of machines may share.

    Attributes:
        queue: the hot side.
        ledger: the cold side.
        stops: which lanes stand still.
        archive: whole records.
        bell: rings for nobody.
        clock: the one that was given.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self.clock = clock
        self.bell = NoBell(clock)
        self.queue = ValkeyQueue(connection, clock)
        self.ledger = ValkeyLedger(connection)
        self.stops = ValkeyStops(connection)
        self.archive = ValkeyArchive(connection)

    @classmethod
    async def open(cls, url: str, clock: Clock) -> "ValkeyStore":
        """Connect to the server that a URL names.

        Raises:
            ConfigError: the URL says what we do not know.
            StoreError: the server cannot be reached, refuses us, or forgets jobs when its memory is full.
        """
        connection = Connection(read_address(url))
        return cls(connection, clock)

    def quota(self, budgets: Mapping[str, Sequence[Budget]]) -> SwappingQuota:
        """Accounts for budgets, by API, that every worker of the queue draws on."""
        return SwappingQuota(ValkeyAccounts(self._connection), budgets, self.clock)

    async def server_time(self) -> float:
        """Epoch seconds by the server's clock."""
        seconds, microseconds = await self._connection.ask_server("TIME")
        return int(seconds) + int(microseconds) / 1_000_000

    async def close(self) -> None:
        """Wait for what is under way, then give the connections back."""
        await self.queue.close()
        await self._connection.close()
