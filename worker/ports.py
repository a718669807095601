"""The seams, on one page. Engine and stages see stores, limits and transports only through these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from worker.failure import Counts, Failure, LaneCounts, Result, Selection
from worker.job import Entry, Lane, Lease
from worker.outcome import Reply, Request, Settlement


class Clock(Protocol):
    """Time and chance."""

    def now(self) -> float:
        """Seconds since the epoch; may jump."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Let others run for ``seconds``."""

    def random(self) -> float:
        """A number in [0, 1)."""

    def token(self) -> str:
        """32 hexadecimal digits that nobody has had before."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the queue did with a batch of entries.

    Attributes:
        accepted: how many are new and now durable.
        duplicates: indexes of entries whose id the queue has already, with the same content.
        conflicts: indexes of entries whose id the queue has already, with other content; these were not taken.
    """

    accepted: int
    duplicates: tuple[int, ...] = ()
    conflicts: tuple[int, ...] = ()


class Want(NamedTuple):
    """How many jobs of one lane a worker can send now."""

    lane: Lane
    most: int


class Queue(Protocol):
    """Where jobs wait. Every method is a batch; every method may raise StoreError, and then has done nothing."""

    async def enqueue(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        """Take jobs in; they are durable before this returns.

        An id that stands twice, in the queue or in the batch, is taken once. ``file`` is where the lines are.
        """

    async def lease(self, wants: Sequence[Want], lease_s: float) -> list[Lease]:
        """Take up to ``most`` ready jobs of each lane: highest priority first, then oldest first."""

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Record what became of leased jobs; False, and nothing recorded, where the lease was lost."""

    async def renew(self, leases: Sequence[Lease], lease_s: float) -> list[bool]:
        """Prolong leases to ``lease_s`` from now; False where the lease was no longer the caller's."""

    async def promote(self) -> float | None:
        """Make delayed jobs ready whose time has come; seconds until the next is due, None where none is delayed."""

    async def reclaim(self) -> int:
        """Make leased jobs ready whose lease has run out, counting the expiry; how many there were."""

    async def lanes(self) -> list[Lane]:
        """Lanes that have at least one ready job, in no particular order."""


class Edit(NamedTuple):
    """A failed job that is to be sent again, with new content (``payload``) or as it was (None)."""

    id: str
    payload: str | None = None


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

    async def reject(self, failures: Sequence[Failure]) -> int:
        """Keep rows that could not become jobs; those whose id is kept already are skipped. How many were new."""

    async def replay(self, edits: Sequence[Edit]) -> int:
        """Put dead and parked jobs back to ready, uncharged, with their history and their original content kept.

        Ids that are not dead or parked are skipped; how many were put back.
        """

    async def discard(self, ids: Sequence[str]) -> int:
        """Forget failed jobs and rejected rows for good; ids that are neither are skipped. How many went."""

    async def payloads(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The jobs' content as JSON text, unredacted, for mending and revalidation; unknown ids are absent."""


class Grant(NamedTuple):
    """Leave to lease ``jobs`` of a lane; where that is fewer than asked, more may be had in ``wait_s``."""

    jobs: int
    wait_s: float


class Quota(Protocol):
    """Keeps account of every budget: what is granted here has been paid for. Losing it never means failing open."""

    async def grant(self, lane: Lane, most: int) -> Grant:
        """Pay for up to ``most`` requests of a lane out of all of its budgets, or for none."""

    async def refund(self, lane: Lane, count: int, cost: Mapping[str, float] | None = None) -> None:
        """Hand back what was not used: ``count`` requests that were granted, one job's ``cost`` that was charged."""

    async def charge(self, lane: Lane, cost: Mapping[str, float]) -> float:
        """Pay one job's named costs out of all of its budgets at once; seconds to wait where that cannot be done now.

        Infinity means never: the cost is more than a budget allows in its whole period.
        """


class Transport(Protocol):
    """Sends one request and waits for its reply. Never raises for what the network does."""

    async def send(self, request: Request) -> Reply:
        """Send these exact bytes; redirects are not followed. CancelledError is let through."""

    async def close(self) -> None:
        """Close every connection."""
