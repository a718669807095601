"""The seams, on one page. Engine and stages see stores, limits and transports only through these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from worker.failure import Counts, Ending, Failure, LaneCounts, Result, Selection
from worker.job import Entry, Lane, Lease, Scope, Stop
from worker.outcome import Reply, Request, Settlement
from worker.record import Record


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

        With ``sent``, remember that their requests are about to leave: should the lease run out, the next one says so
        (``Lease.sent``). Settling forgets it.
        """

    async def promote(self) -> float | None:
        """Make delayed jobs ready whose time has come; seconds until the next is due, None where none is delayed."""

    async def reclaim(self) -> int:
        """Make leased jobs ready whose lease has run out, counting the expiry; how many there were."""

    async def lanes(self) -> list[Ready]:
        """Lanes that have at least one ready job, in no particular order; none that is held by a job of its own.

        A lane that was leased in order is held by its last job while that is leased or waits for its next try.
        """


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


class Ask(NamedTuple):
    """Leave for up to ``most`` requests of a lane.

    Attributes:
        cost: of one of its jobs, which is about to leave, and is paid for together with its request. Without it, an API
            that has budgets of costs charges nothing yet: it says how many could go.
    """

    lane: Lane
    most: int
    cost: Mapping[str, float] | None = None


class Spent(NamedTuple):
    """What one account was charged with, as a refund needs it.

    Attributes:
        account: its name.
        after: its mark afterwards, which changes with every charge.
        units: what each slot was charged.
    """

    account: str
    after: float
    units: float = 1.0


class Grant(NamedTuple):
    """Leave to send: a slot for each request, paid for in every budget that applies.

    Attributes:
        slots: epoch seconds from which each request may leave, ascending; 0 where no budget applies.
        late_s: how many seconds after its slot a request may leave at the latest; then it needs another slot.
        wait_s: where there are fewer slots than were asked for: seconds until more may be had; infinity for a cost that
            is more than a budget allows in its whole period.
        receipt: what was charged.
        by: whose budget it is that wait_s is about: the ``by`` of its limit; empty where nobody has to wait.
    """

    slots: tuple[float, ...]
    late_s: float
    wait_s: float
    receipt: tuple[Spent, ...] = ()
    by: str = ""


class Refund(NamedTuple):
    """The last ``unused`` slots of a grant were not used, or its cost was not spent."""

    receipt: tuple[Spent, ...]
    unused: int


class Correction(NamedTuple):
    """A job cost ``units`` more (less, where negative) than was charged under this name before it was sent.

    Attributes:
        at: the slot that it was charged for; 0 where that is not known: what it cost less is forfeited then.
    """

    lane: Lane
    cost: str
    units: float
    at: float = 0.0


class Told(NamedTuple):
    """What the API itself says is left: ``remaining`` requests until ``reset_at`` (epoch seconds)."""

    scope: Scope
    remaining: float
    reset_at: float


class Quota(Protocol):
    """Keeps account of every budget: what is granted here has been paid for. Losing it never means failing open.

    A budget is overdrawn in no window, however many processes draw on it. What cannot be handed back exactly is
    forfeited.
    """

    async def grant(self, asks: Sequence[Ask]) -> list[Grant]:
        """Pay out of all of a lane's budgets, or out of none; one grant for each ask, in order."""

    async def refund(self, refunds: Sequence[Refund]) -> None:
        """Take back what was not used."""

    async def correct(self, corrections: Sequence[Correction]) -> None:
        """Settle the difference between what was charged and what a request turned out to cost."""

    async def observe(self, told: Sequence[Told]) -> None:
        """Keep to what APIs say is left, where that is less than their budgets allow."""


class Stops(Protocol):
    """Which lanes stand still, and why: shared by every worker of a queue, and shown to people."""

    async def put(self, stops: Sequence[Stop]) -> None:
        """Note stops; each takes the place of an earlier one of its scope and kind."""

    async def lift(self, stops: Sequence[Stop]) -> None:
        """Forget stops; those are skipped that are not noted, or not any more as the caller knew them."""

    async def all(self) -> list[Stop]:
        """Every stop that is noted, also those whose time has passed, the oldest first."""


class Bell(Protocol):
    """Wakes a worker that has nothing to do when jobs may have come."""

    @property
    def poll_s(self) -> float:
        """How often to look for jobs that nobody has announced, in seconds."""

    async def rest(self, seconds: float) -> None:
        """Return after ``seconds`` at the latest, or sooner once jobs may have come. Never raises for the store."""


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


class Transport(Protocol):
    """Sends one request and waits for its reply. Never raises for what the network does."""

    async def send(self, request: Request) -> Reply:
        """Send these exact bytes; redirects are not followed. CancelledError is let through."""

    async def close(self) -> None:
        """Close every connection."""
