"""The memory store: a queue, a ledger and an archive over one table, quotas and stops beside it."""

from collections.abc import Mapping, Sequence

from worker.finding import Finding
from worker.limits.budget import Budget
from worker.limits.quota import Kept, MemoryQuota
from worker.ports import Clock
from worker.queues.bell import NoBell
from worker.queues.memory.archive import MemoryArchive
from worker.queues.memory.ledger import MemoryLedger
from worker.queues.memory.queue import MemoryQueue
from worker.queues.memory.stops import MemoryStops
from worker.queues.memory.table import Table


class MemoryStore:
    """Jobs that live as long as the process does: for tests, and for work that may be lost.

    Attributes:
        queue: the hot side.
        ledger: the cold side.
        stops: which lanes stand still.
        archive: whole records.
        bell: rings for nobody.
        clock: the one that was given.
    """

    def __init__(self, clock: Clock) -> None:
        table = Table()
        self.clock = clock
        self.bell = NoBell(clock)
        self.queue = MemoryQueue(table, clock)
        self.ledger = MemoryLedger(table)
        self.stops = MemoryStops()
        self.archive = MemoryArchive(table)
        self._accounts: dict[str, Kept] = {}

    def quota(self, budgets: Mapping[str, Sequence[Budget]]) -> MemoryQuota:
        """The account of budgets, by API: what was spent stays spent, however often this is called."""
        return MemoryQuota(budgets, self.clock, self._accounts)

    async def examine(self) -> list[Finding]:
        """What is worth knowing of memory, for ``preflight doctor``."""
        detail = "jobs are kept in memory, and forgotten when their process ends"
        return [Finding("warning", "queue", detail, "set queue.url to a sqlite:/// file, PostgreSQL or Valkey")]

    async def close(self) -> None:
        """Nothing is held that would have to be given back."""
