"""A desk per API: where its leased jobs wait for a sender, and who has how many in hand."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from worker.engine.api import Api
from worker.job import Lease
from worker.limits.backlog import Backlog
from worker.ports import Clock
from worker.stages.judge import Case
from worker.stages.pace import Slot

#: How much the clocks of two workers may differ, and how long a request may take from here to the wire.
_MARGIN_S: Final = 0.05


class Ticket(NamedTuple):
    """An admitted job, and when its request may leave."""

    case: Case
    slot: Slot


class Desk:
    """One API's jobs in hand.

    Attributes:
        waiting: leased and admitted, not yet taken by a sender.
        backlog: retries that wait for their time.
        limited: the API has budgets, so that every job has a slot.
    """

    def __init__(self, api: Api, *, limited: bool) -> None:
        self.api = api
        self.waiting: asyncio.Queue[Ticket] = asyncio.Queue()
        self.busy = 0
        self.limited = limited
        self.backlog = Backlog(api.max_delayed)

    async def take(self, number: int) -> Ticket:
        """The next job for the sender of this number; those beyond what the API can take get none."""
        concurrency = self.api.concurrency
        while True:
            if number >= concurrency.limit:
                await concurrency.turn(number)
            ticket = await self.waiting.get()
            if number < concurrency.limit:
                return ticket
            self.waiting.put_nowait(ticket)

    @property
    def target(self) -> int:
        """How many may be in hand, waiting and being worked on.

        Enough to keep every sender busy between leases, few enough that a crash leaves little in doubt. What has a slot
        must find a sender when its time comes.
        """
        limit = self.api.concurrency.limit
        return limit if self.limited else 3 * limit + 32

    @property
    def in_hand(self) -> int:
        """Jobs waiting or being worked on."""
        return self.waiting.qsize() + self.busy

    @property
    def room(self) -> int:
        """How many more may be leased. Small numbers are rounded down to none: leasing one by one is what costs."""
        room = self.target - self.in_hand
        return room if room >= min(self.target // 4, 64) else 0


class Hands:
    """Every lease that is in this worker's hands and not yet settled, by the queue's number, and until when it lasts.

    Args:
        clock: the one by which the queue lets leases run out.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[int, tuple[Lease, float]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def take(self, leases: Iterable[Lease], until: float) -> None:
        """Remember leases that last until a time in epoch seconds."""
        self._held.update((lease.seq, (lease, until)) for lease in leases)

    def prolong(self, leases: Iterable[Lease], until: float) -> None:
        """Note that leases last longer, those of them that are still in hand."""
        self.take((lease for lease in leases if self.holds(lease)), until)

    def drop(self, lease: Lease) -> None:
        """Forget a lease that was settled or lost."""
        if self.holds(lease):  # not one that was taken after this one had run out
            del self._held[lease.seq]

    def holds(self, lease: Lease) -> bool:
        """Whether this very lease is still in hand."""
        held = self._held.get(lease.seq)
        return held is not None and held[0] is lease

    def lasts(self, lease: Lease) -> bool:
        """Whether nobody else can have the job yet: else its request must not leave.

        It may be so although the lease is in hand: the store was away, or this process stood still.
        """
        held = self._held.get(lease.seq)
        return held is not None and held[0] is lease and self._clock.now() < held[1] - _MARGIN_S

    def all(self) -> list[Lease]:
        """What is to be renewed."""
        return [lease for lease, _ in self._held.values()]


def in_hand(desks: Mapping[str, Desk]) -> int:
    """Jobs leased and not yet through the pipeline."""
    return sum(desk.in_hand for desk in desks.values())
