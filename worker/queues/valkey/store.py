"""The Valkey store: queue, ledger, archive, quotas and stops on one server."""

from collections.abc import Mapping, Sequence
from typing import Final

from worker.errors import StoreError
from worker.finding import Finding
from worker.limits.budget import Budget
from worker.ports import Clock
from worker.queues.bell import ListeningBell
from worker.queues.swapping import SwappingQuota
from worker.queues.valkey.address import read_address
from worker.queues.valkey.archive import ValkeyArchive
from worker.queues.valkey.condition import Condition, memory_of, read_condition
from worker.queues.valkey.connection import ANSWER_S, Connection
from worker.queues.valkey.durability import Durability
from worker.queues.valkey.examine import examine
from worker.queues.valkey.ledger import ValkeyLedger
from worker.queues.valkey.queue import ValkeyQueue
from worker.queues.valkey.quota import ValkeyAccounts
from worker.queues.valkey.stops import ValkeyStops

#: Grows with every change of ``lua/table.lua`` that an older Preflight cannot work with.
FORM: Final = 1


class ValkeyStore:
    """Jobs on a server that any number of machines may share.

    Attributes:
        queue: the hot side.
        ledger: the cold side.
        stops: which lanes stand still.
        archive: whole records.
        bell: rings when jobs have become ready.
        clock: the one that was given.
    """

    def __init__(self, connection: Connection, clock: Clock, condition: Condition | None) -> None:
        self._connection = connection
        self.clock = clock
        self.bell = ListeningBell(clock, connection.hear)
        self.queue = ValkeyQueue(connection, clock, Durability(connection, clock, condition))
        self.ledger = ValkeyLedger(connection)
        self.stops = ValkeyStops(connection)
        self.archive = ValkeyArchive(connection, clock)

    @classmethod
    async def open(cls, url: str, clock: Clock, answer_s: float = ANSWER_S) -> "ValkeyStore":
        """Connect to the server that a URL names.

        Args:
            url: see ``address.py``.
            clock: for due times and leases.
            answer_s: how long the server may say nothing until that is a StoreGoneError, if that is not long anyway.

        Raises:
            ConfigError: the URL says what we do not know.
            StoreError: the server cannot be reached, refuses us, or forgets jobs when its memory is full.
        """
        connection = Connection(read_address(url), min(answer_s, ANSWER_S))
        try:
            condition = await _checked(connection)
        except BaseException:
            await connection.close()
            raise
        return cls(connection, clock, condition)

    async def examine(self) -> list[Finding]:
        """What is worth knowing of the server and of the queue, for ``preflight doctor``."""
        return await examine(self._connection, self.clock.now())

    def quota(self, budgets: Mapping[str, Sequence[Budget]]) -> SwappingQuota:
        """Accounts for budgets, by API, that every worker of the queue draws on."""
        return SwappingQuota(ValkeyAccounts(self._connection), budgets, self.clock)

    async def server_time(self) -> float:
        """Epoch seconds by the server's clock."""
        seconds, microseconds = await self._connection.ask_server("TIME")
        return int(seconds) + int(microseconds) / 1_000_000

    async def close(self) -> None:
        """Wait for what is under way, then give the connections back."""
        await self.bell.close()
        await self.queue.close()
        await self._connection.close()


async def _checked(connection: Connection) -> Condition | None:
    """How the server is set up, as far as it tells; one that throws jobs away is refused.

    Raises:
        StoreError: the queue is of a newer form, or jobs would be thrown away.
    """
    form = int(await connection.run("open", FORM))
    if form > FORM:
        raise StoreError(
            f"{connection.shown} was written by a newer Preflight (form {form}, this one knows {FORM}): upgrade"
        )
    condition = await read_condition(connection)
    if condition is not None and (memory := memory_of(condition)).severity == "problem":
        raise StoreError(f"{connection.shown}: {memory.detail}: {memory.remedy}")
    return condition
