"""The cold side: failures and results are read, mended and replayed while the hot side goes on."""

from collections.abc import Mapping, Sequence
from functools import partial

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.ports import Edit
from worker.queues.sqlite.mending import discard, reject, replay, resolve
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.reading import (
    read_counts,
    read_endings,
    read_failures,
    read_lanes,
    read_payloads,
    read_results,
)
from worker.queues.sqlite.thread import SessionThread


class SqliteLedger:
    """The ``Ledger`` port over one file."""

    def __init__(self, thread: SessionThread, names: Names) -> None:
        self._thread = thread
        self._names = names

    async def counts(self) -> Counts:
        """Jobs by state, failures by cause; see ``Ledger.counts``. The cost does not grow with the queue."""
        return await self._thread.read(read_counts)

    async def lanes(self) -> list[LaneCounts]:
        """Lanes with unfinished jobs; see ``Ledger.lanes``. The cost grows with the number of these jobs."""
        return await self._thread.read(read_lanes)

    async def failures(
        self, selection: Selection, after: int = 0, limit: int = 500
    ) -> tuple[list[Failure], int | None]:
        """A page of failures; see ``Ledger.failures``. A page of very big jobs is shorter than ``limit``."""
        work = partial(read_failures, names=self._names, selection=selection, after=after, limit=limit)
        return await self._thread.read(work)

    async def results(self, after: int = 0, limit: int = 500) -> tuple[list[Result], int | None]:
        """A page of results; see ``Ledger.results``. A page of very big jobs is shorter than ``limit``."""
        return await self._thread.read(partial(read_results, after=after, limit=limit))

    async def endings(self, after: int = 0, limit: int = 500) -> list[Ending]:
        """A page of jobs that have ended; see ``Ledger.endings``. A page of very big jobs is shorter than ``limit``."""
        work = partial(read_endings, names=self._names, after=after, limit=limit)
        return await self._thread.read(work)

    async def reject(self, failures: Sequence[Failure]) -> int:
        """Keep rows that are no jobs, durably; see ``Ledger.reject``."""
        return await self._thread.write(partial(reject, failures=failures), durable=True)

    async def replay(self, edits: Sequence[Edit]) -> int:
        """Send failed jobs again, durably; see ``Ledger.replay``."""
        return await self._thread.write(partial(replay, names=self._names, edits=edits), durable=True)

    async def resolve(self, ids: Sequence[str], at: float) -> int:
        """Call parked jobs delivered, durably; see ``Ledger.resolve``."""
        return await self._thread.write(partial(resolve, ids=ids, at=at), durable=True)

    async def discard(self, ids: Sequence[str]) -> int:
        """Forget failures, durably; see ``Ledger.discard``."""
        return await self._thread.write(partial(discard, ids=ids), durable=True)

    async def payloads(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The jobs' content; see ``Ledger.payloads``."""
        return await self._thread.read(partial(read_payloads, ids=ids))
