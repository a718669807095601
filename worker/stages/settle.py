"""The last stage: tell the queue what became of jobs, many at a time, and others once the queue has said yes."""

import asyncio
from collections.abc import Callable
from typing import Final, assert_never

import structlog

from worker.cancelling import first
from worker.events import Bus, Event, JobDelivered, JobDied, JobParked, JobReleased, JobRetried, JobWarned, LeaseLost
from worker.job import Lease
from worker.outcome import Attempt, Cause, Dead, Delivered, Parked, Problem, Released, Retry, Settlement
from worker.ports import Clock, Queue

log = structlog.get_logger(__name__)

BATCH: Final = 256  # large enough that a transaction costs next to nothing per job
WAIT_S: Final = 0.005  # long enough to fill batches under load, too short for a person to notice
_MOST_PENDING: Final = 16 * BATCH  # more than this means that the store is too slow: senders wait


class Settler:
    """Collects settlements and writes them by size or time.

    Args:
        settled: called with each lease once the queue has answered for it, whatever the answer.
        followed: adds to a settlement the job that is to follow from it; None where nothing ever follows.
    """

    def __init__(
        self,
        queue: Queue,
        bus: Bus,
        clock: Clock,
        settled: Callable[[Lease], None],
        followed: Callable[[Settlement], Settlement] | None = None,
    ) -> None:
        self._queue = queue
        self._followed = followed
        self._bus = bus
        self._clock = clock
        self._settled = settled
        self._pending: list[Settlement] = []
        self._something = asyncio.Event()
        self._full = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._writing: asyncio.Task[None] | None = None

    @property
    def pending(self) -> int:
        """Settlements not yet written."""
        return len(self._pending)

    async def put(self, settlement: Settlement) -> None:
        """Have a settlement written soon; waits only while the store is far behind."""
        self.put_now(settlement)
        if not self._room.is_set():
            await self._room.wait()

    def put_now(self, settlement: Settlement) -> None:
        """Have a settlement written soon, from where nothing can be awaited."""
        self._pending.append(settlement)
        self._something.set()
        if len(self._pending) >= BATCH:
            self._full.set()
        if len(self._pending) >= _MOST_PENDING:
            self._room.clear()

    async def run(self) -> None:
        """Write batches until cancelled.

        Raises:
            StoreError: the store failed; what was not written is pending, to be written when this is called again.
        """
        while True:
            await self._something.wait()
            if len(self._pending) < BATCH:
                await first(self._full.wait(), self._clock.sleep(WAIT_S))
            await self.flush()

    async def flush(self) -> None:
        """Write everything that is pending. A batch of which the store's answer was lost is written again.

        Cancelling leaves the batch that is being written alone: the next ``flush`` waits for it.

        Raises:
            StoreError: it could not be written, and is still pending.
        """
        while self._pending:
            await self.advance()
        self._emptied()

    async def advance(self) -> None:
        """Write the next batch of what is pending, if anything is; otherwise as ``flush``."""
        if not self._pending:
            return
        writing = self._writing = self._writing or asyncio.create_task(self._settle(self._pending[:BATCH]))
        try:
            await asyncio.shield(writing)
        finally:
            if writing.done() and self._writing is writing:  # several may have waited for it
                self._writing = None

    def give_up(self) -> int:
        """Forget what is pending; how many settlements. Their jobs are sent again after their leases."""
        lost, self._pending = self._pending, []
        for settlement in lost:
            self._settled(settlement.lease)
        self._emptied()
        return len(lost)

    def _emptied(self) -> None:
        self._something.clear()
        self._full.clear()
        self._room.set()

    async def _settle(self, batch: list[Settlement]) -> None:
        answers = await self._write(batch)
        del self._pending[: len(batch)]
        for settlement, mine in zip(batch, answers, strict=True):
            self._tell(settlement, mine=mine)

    async def _write(self, batch: list[Settlement]) -> list[bool]:
        try:
            return await self._persist(batch)
        except (TypeError, ValueError) as error:  # a record that no store can hold must not take others with it
            if len(batch) > 1:
                return [answer for one in batch for answer in await self._write([one])]
            log.exception("record_not_writable", lane=str(batch[0].lease.lane))
            return await self._persist([_without_record(batch[0], error)])

    async def _persist(self, batch: list[Settlement]) -> list[bool]:
        if self._followed is not None:
            batch = [self._followed(one) for one in batch]
        return await self._queue.settle(batch)

    def _tell(self, settlement: Settlement, *, mine: bool) -> None:
        self._settled(settlement.lease)
        lease = settlement.lease
        event = _event(settlement) if mine else LeaseLost(lease.id, lease.lane)
        if self._bus.wants(type(event)):
            self._bus.emit(event)
        if mine and settlement.warned and isinstance(settlement.outcome, Delivered | Dead | Parked):
            accepted = isinstance(settlement.outcome, Delivered)
            self._bus.emit(JobWarned(lease.id, lease.lane, settlement.warned, accepted))


def _without_record(settlement: Settlement, error: Exception) -> Settlement:
    """The same job, parked without its attempt: what became of it cannot be written down."""
    detail = f"{type(error).__name__}: its record cannot be written, which is a bug in Preflight; look it up at the API"
    problem = Problem(Cause.UNKNOWN, "judge", "what became of it cannot be recorded", detail, retryable=True)
    return Settlement(settlement.lease, Parked(problem))


def _event(settlement: Settlement) -> Event:
    lease, attempt = settlement.lease, settlement.attempt
    job_id, lane = lease.id, lease.lane
    match settlement.outcome:
        case Delivered():
            return JobDelivered(job_id, lane, attempt or Attempt(lease.attempts + 1, 0.0, 0.0))
        case Retry(problem, delay_s):
            return JobRetried(job_id, lane, problem, delay_s, attempt)
        case Dead(problem):
            return JobDied(job_id, lane, problem, attempt)
        case Parked(problem):
            return JobParked(job_id, lane, problem, attempt)
        case Released(reason):
            return JobReleased(job_id, lane, reason, attempt)
    assert_never(settlement.outcome)
