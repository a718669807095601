"""The SQLite store: queue, ledger, archive, quotas and stops over one file."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from worker.finding import Finding
from worker.limits.budget import Budget
from worker.ports import Clock
from worker.queues.bell import NoBell
from worker.queues.sqlite.archive import SqliteArchive
from worker.queues.sqlite.examine import examine
from worker.queues.sqlite.ledger import SqliteLedger
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.queue import SqliteQueue
from worker.queues.sqlite.quota import SqliteQuota
from worker.queues.sqlite.stops import SqliteStops
from worker.queues.sqlite.thread import SessionThread

#: Our transactions take milliseconds, so somebody who holds the file for longer than this is stuck.
BUSY_S: Final = 10.0


class SqliteStore:
    """Jobs in a file, which several processes of one machine may share.

    Attributes:
        queue: the hot side.
        ledger: the cold side.
        stops: which lanes stand still.
        archive: whole records.
        bell: rings for nobody.
        clock: the one that was given.
    """

    def __init__(self, path: Path, thread: SessionThread, clock: Clock) -> None:
        self._path = path
        self._thread = thread
        self.clock = clock
        self.bell = NoBell(clock)
        names = Names()
        self.queue = SqliteQueue(thread, names, clock)
        self.ledger = SqliteLedger(thread, names)
        self.stops = SqliteStops(thread)
        self.archive = SqliteArchive(thread, names)

    def quota(self, budgets: Mapping[str, Sequence[Budget]]) -> SqliteQuota:
        """Accounts for budgets, by API, that every process with this file draws on."""
        return SqliteQuota(self._thread, budgets, self.clock)

    @classmethod
    async def open(cls, path: str | Path, clock: Clock, busy_s: float = BUSY_S) -> "SqliteStore":
        """Open the file at ``path``, or make one that only its owner can read.

        Args:
            path: on a local disk.
            clock: for due times and leases.
            busy_s: how long a call waits for another process's transaction before it is a StoreBusyError.

        Raises:
            StoreError: the file cannot be opened, is no database, another program's or a newer Preflight's; it is left
                as it was.
        """
        thread = SessionThread(Path(path), busy_s)
        await thread.open()
        return cls(Path(path), thread, clock)

    async def examine(self) -> list[Finding]:
        """What is worth knowing of the file, for ``preflight doctor``; takes some seconds at most."""
        return await asyncio.to_thread(examine, self._path, self.clock)

    async def close(self) -> None:
        """Wait for what was asked already, then give the file back. Whatever is asked afterwards is a StoreError."""
        await self._thread.close()
