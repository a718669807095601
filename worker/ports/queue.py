"""The hot side of a store: jobs in, leases out, outcomes recorded; and what wakes who waits for jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from worker.job import Entry, Lane, Lease
from worker.outcome import Settlement


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
    """How many jobs of one lane a worker can send now.

    Attributes:
        ordered: one job of the lane at a time, in the order of acceptance: none while another is leased or waits for
            its next try. ``most`` is then taken for 1.
    """

    lane: Lane
    most: int
    ordered: bool = False


#: How far the ready jobs of a lane are counted: more than one lease takes of a lane.
MOST_COUNTED: Final = 256


class Ready(NamedTuple):
    """A lane that has jobs to lease; ``jobs`` is at least 1, and counted no further than ``MOST_COUNTED``."""

    lane: Lane
    jobs: int


class Queue(Protocol):
    """Where jobs wait. Every method is a batch; every method may raise StoreError, and then has done nothing."""

    async def enqueue(self, entries: Sequence[Entry], file: str | None = None) -> Accepted:
        """Take jobs in; they are durable before this returns.

        An id that stands twice, in the queue or in the batch, is taken once. ``file`` is where the lines are.
        """

    async def lease(self, wants: Sequence[Want], lease_s: float) -> list[Lease]:
        """Take up to ``most`` ready jobs of each lane: highest priority first, then oldest first."""

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Record what became of leased jobs; False, and nothing recorded, where the lease was lost.

        May be asked for again by whoever did not hear the answer: a lease that was settled before, of a job that nobody
        has leased or replayed since, answers True, and nothing is recorded twice.
        What follows from an outcome (``Settlement.follow``) is enqueued with it, in the same transaction.
        """

    async def renew(self, leases: Sequence[Lease], lease_s: float, *, sent: bool = False) -> list[bool]:
        """Prolong leases to ``lease_s`` from now; False where the lease was no longer the caller's.

        With ``sent``, remember, durably, that their requests are about to leave: should the lease run out, the next one
        says so (``Lease.sent``). Settling forgets it.
        """

    async def promote(self) -> float | None:
        """Make delayed jobs ready whose time has come; seconds until the next is due, None where none is delayed."""

    async def reclaim(self) -> int:
        """Make leased jobs ready whose lease has run out, counting the expiry; how many there were."""

    async def lanes(self) -> list[Ready]:
        """Lanes that have at least one ready job, in no particular order; none that is held by a job of its own.

        A lane that was leased in order is held by its last job while that is leased or waits for its next try.
        """


class Bell(Protocol):
    """Wakes a worker that has nothing to do when jobs may have come."""

    @property
    def poll_s(self) -> float:
        """How often to look for jobs that nobody has announced, in seconds."""

    async def rest(self, seconds: float) -> None:
        """Return after ``seconds`` at the latest, or sooner once jobs may have come. Never raises for the store."""
