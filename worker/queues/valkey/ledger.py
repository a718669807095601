"""The cold side: failures and results are read, mended and replayed while the hot side goes on."""

from collections.abc import Mapping, Sequence

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.ports import Edit
from worker.queues.valkey.connection import Connection
from worker.queues.valkey.mending import discard, reject, replay, resolve
from worker.queues.valkey.reading import (
    read_counts,
    read_endings,
    read_failures,
    read_lanes,
    read_payloads,
    read_results,
)


class ValkeyLedger:
    """The ``Ledger`` port over one server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def counts(self) -> Counts:
        """Jobs by state, failures by cause; see ``Ledger.counts``. The cost does not grow with the queue."""
        return await read_counts(self._connection)

    async def lanes(self) -> list[LaneCounts]:
        """Lanes with unfinished jobs; see ``Ledger.lanes``. The cost grows with the number of these lanes."""
        return await read_lanes(self._connection)

    async def failures(
        self, selection: Selection, after: int = 0, limit: int = 500
    ) -> tuple[list[Failure], int | None]:
        """A page of failures; see ``Ledger.failures``. A page of very big jobs is shorter than ``limit``."""
        return await read_failures(self._connection, selection, after, limit)

    async def results(self, after: int = 0, limit: int = 500) -> tuple[list[Result], int | None]:
        """A page of results; see ``Ledger.results``. A page of very big jobs is shorter than ``limit``."""
        return await read_results(self._connection, after, limit)

    async def endings(self, after: int = 0, limit: int = 500) -> list[Ending]:
        """A page of jobs that have ended; see ``Ledger.endings``. A page of very big jobs is shorter than ``limit``."""
        return await read_endings(self._connection, after, limit)

    async def reject(self, failures: Sequence[Failure]) -> int:
        """Keep rows that are no jobs; see ``Ledger.reject``."""
        return sum(await reject(self._connection, failures))

    async def replay(self, edits: Sequence[Edit]) -> int:
        """Send failed jobs again; see ``Ledger.replay``."""
        return await replay(self._connection, edits)

    async def resolve(self, ids: Sequence[str], at: float) -> int:
        """Call parked jobs delivered; see ``Ledger.resolve``."""
        return await resolve(self._connection, ids, at)

    async def discard(self, ids: Sequence[str]) -> int:
        """Forget failures; see ``Ledger.discard``."""
        return await discard(self._connection, ids)

    async def payloads(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The jobs' content; see ``Ledger.payloads``."""
        return await read_payloads(self._connection, ids)
