"""The memory store: a queue and a ledger over one table."""

from worker.ports import Clock
from worker.queues.memory.ledger import MemoryLedger
from worker.queues.memory.queue import MemoryQueue
from worker.queues.memory.table import Table


class MemoryStore:
    """Jobs that live as long as the process does: for tests, and for work that may be lost.

    Attributes:
        queue: the hot side.
        ledger: the cold side.
    """

    def __init__(self, clock: Clock) -> None:
        table = Table()
        self.queue = MemoryQueue(table, clock)
        self.ledger = MemoryLedger(table)

    async def close(self) -> None:
        """Nothing is held that would have to be given back."""
