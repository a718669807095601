"""The cold side: failures and results are read, mended and replayed while the hot side goes on."""

from collections.abc import Mapping, Sequence
from functools import partial

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.ports import Edit
from worker.queues.postgres import mending, reading
from worker.queues.postgres.names import Names
from worker.queues.postgres.session import Session


class PostgresLedger:
    """The ``Ledger`` port over one schema."""

    def __init__(self, session: Session, names: Names) -> None:
        self._session = session
        self._names = names

    async def counts(self) -> Counts:
        """Jobs by state, failures by cause; see ``Ledger.counts``. The cost does not grow with the queue."""
        return await reading.read_counts(self._session)

    async def lanes(self) -> list[LaneCounts]:
        """Lanes with unfinished jobs; see ``Ledger.lanes``. The cost grows with the number of these jobs."""
        return await reading.read_lanes(self._session)

    async def failures(
        self, selection: Selection, after: int = 0, limit: int = 500
    ) -> tuple[list[Failure], int | None]:
        """A page of failures; see ``Ledger.failures``. A page of very big jobs is shorter than ``limit``."""
        return await reading.read_failures(self._session, selection, after, limit)

    async def results(self, after: int = 0, limit: int = 500) -> tuple[list[Result], int | None]:
        """A page of results; see ``Ledger.results``. A page of very big jobs is shorter than ``limit``."""
        return await reading.read_results(self._session, after, limit)

    async def endings(self, after: int = 0, limit: int = 500) -> list[Ending]:
        """A page of jobs that have ended; see ``Ledger.endings``. A page of very big jobs is shorter than ``limit``."""
        return await reading.read_endings(self._session, after, limit)

    async def reject(self, failures: Sequence[Failure]) -> int:
        """Keep rows that are no jobs, durably; see ``Ledger.reject``."""
        if not failures:
            return 0
        self._names.forget()
        lanes = await self._names.lanes({failure.lane for failure in failures})
        return await mending.reject(self._session, failures, lanes)

    async def replay(self, edits: Sequence[Edit]) -> int:
        """Send failed jobs again, durably; see ``Ledger.replay``."""
        chosen = {edit.id: edit for edit in reversed(edits)}  # of one that is given twice, the first counts
        places = mending.places_of(await mending.find_failed(self._session, list(chosen)), chosen)
        self._names.forget()
        lanes = await self._names.lanes({lane for lane, _ in places.values()})
        numbered = {id_: mending.Place(lanes[lane], priority) for id_, (lane, priority) in places.items()}
        return await self._session.transaction(partial(mending.replay, edits=chosen, places=numbered))

    async def resolve(self, ids: Sequence[str], at: float) -> int:
        """Call parked jobs delivered, durably; see ``Ledger.resolve``."""
        return await self._session.transaction(partial(mending.resolve, ids=ids, at=at))

    async def discard(self, ids: Sequence[str]) -> int:
        """Forget failures, durably; see ``Ledger.discard``."""
        return await self._session.transaction(partial(mending.discard, ids=ids))

    async def payloads(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The jobs' content; see ``Ledger.payloads``."""
        return await reading.read_payloads(self._session, ids)
