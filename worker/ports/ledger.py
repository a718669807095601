"""The cold side of a store: failures and results, read, mended and replayed; and whole records."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.ports.queue import Accepted
from worker.record import Record


class Edit(NamedTuple):
    """A failed job that is to be sent again.

    Attributes:
        payload: its new content as JSON text; None where it stays as it is.
        due_at: epoch seconds at which it becomes ready; None for at once.
    """

    id: str
    payload: str | None = None
    due_at: float | None = None


class Ledger(Protocol):
    """Where failures and results are read, mended and replayed. Every method may raise StoreError."""

    async def counts(self) -> Counts:
        """Jobs by state, failures by cause."""

    async def lanes(self) -> list[LaneCounts]:
        """Every lane that has unfinished jobs, by name. Counted when asked: for people, not for every second."""

    async def failures(
        self, selection: Selection, after: int = 0, limit: int = 500
    ) -> tuple[list[Failure], int | None]:
        """A page of failures in a fixed order, and the cursor for the next page; None where this is the last.

        Failures that come or go meanwhile neither hide nor repeat others.
        """

    async def results(self, after: int = 0, limit: int = 500) -> tuple[list[Result], int | None]:
        """A page of results in the order of the jobs' acceptance, and the cursor for the next page."""

    async def endings(self, after: int = 0, limit: int = 500) -> list[Ending]:
        """Jobs in the order in which they ended, those behind number ``after``; none where there are no more.

        Numbers grow with time: whoever has read up to one misses nothing behind it. A job that failed and is sent again
        is none of them until it ends once more.
        """

    async def reject(self, failures: Sequence[Failure]) -> int:
        """Keep rows that could not become jobs; those whose id is kept already are skipped. How many were new."""

    async def replay(self, edits: Sequence[Edit]) -> int:
        """Put dead and parked jobs back to ready, uncharged, with their history and their original content kept.

        Those that have a time are delayed until then.
        Ids that are not dead or parked are skipped; how many were put back.
        """

    async def resolve(self, ids: Sequence[str], at: float) -> int:
        """Call parked jobs delivered, ``at`` epoch seconds, on a person's word: no status and no reply are known.

        Ids that are not parked are skipped; how many were delivered.
        """

    async def discard(self, ids: Sequence[str]) -> int:
        """Forget failed jobs and rejected rows for good; ids that are neither are skipped. How many went."""

    async def payloads(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The jobs' content as JSON text, unredacted, for mending and revalidation; unknown ids are absent."""


class Archive(Protocol):
    """Jobs as whole records, leaving one store and coming to another; and what is old enough to be forgotten."""

    async def read(self, after: int = 0, limit: int = 500) -> tuple[list[Record | Failure], int | None]:
        """A page of all jobs in the order of acceptance, then of all rejected rows; the cursor for the next page.

        Cursors count as those of ``Ledger.failures`` do; a page of very big jobs is shorter than ``limit``.

        Raises:
            StoreError: among others, a job of the page is in a worker's hands.
        """

    async def write(self, records: Sequence[Record | Failure]) -> Accepted:
        """Take in jobs and rejected rows, durably, as they were, each behind what is there already.

        Those that have ended get numbers of their own (``Ledger.endings``), in the order of writing. Of those whose id
        is known nothing is taken: they are duplicates, or conflicts where the first content of the job, which it had
        before it was mended, was another.
        """

    async def prune(self, before: float) -> int:
        """Forget some jobs that were delivered before that time (epoch seconds), and all about them; how many.

        Bounded work: 0 says that none is left. A store may keep jobs until the day of their delivery (UTC) is over.
        """
