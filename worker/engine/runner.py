"""Runs the worker: leases, keeps as many requests in flight as each API allows, and drains when told to stop.

It keeps the one invariant: each lease is settled exactly once. Cancelling becomes Released (or Parked, where the
request may have arrived and must not be sent twice), an unforeseen exception becomes Retry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Final

import structlog

from worker.engine.api import Api
from worker.engine.board import Board
from worker.engine.bookkeeping import Bookkeeper
from worker.engine.callbacks import Callbacks
from worker.engine.canary import Canary, watch
from worker.engine.desk import Desk, Hands, Ticket, in_hand
from worker.engine.feeder import Feeder, Sources
from worker.engine.pipeline import Pipeline
from worker.engine.purse import Purse
from worker.engine.renewal import Renewal
from worker.engine.upkeep import Upkeep
from worker.errors import StoreBusyError, StoreError
from worker.events import Bus
from worker.job import Lane, Lease
from worker.limits.gate import Gates
from worker.outcome import Released, Retry, Settlement
from worker.ports import Clock, Queue, Quota, Stops
from worker.stages.judge import Case
from worker.stages.pace import ANYTIME
from worker.stages.settle import Settler

log = structlog.get_logger(__name__)

#: How soon to lease again from a store that another process holds: the store has waited long enough itself.
_BUSY_S: Final = 0.25
_AT_ONCE: Final = 32  # leases admitted before others get a turn: well under a millisecond, unless bodies are huge


@dataclass(frozen=True, slots=True)
class Parts:
    """What a runner is put together from.

    Attributes:
        limited: APIs that have budgets.
        canary: decides how many jobs the run may take on; without one, any number.
        callbacks: tell others what became of jobs.
        renewal: looks after credentials; not needed where none can change.
    """

    queue: Queue
    quota: Quota
    stops: Stops
    books: Bookkeeper
    limited: Collection[str]
    gates: Gates
    pipeline: Pipeline
    apis: Mapping[str, Api]
    bus: Bus
    clock: Clock
    canary: Canary | None = None
    callbacks: Callbacks | None = None
    renewal: Renewal | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Times of a runner, in seconds.

    Attributes:
        lease_s: how long a lease lasts unless renewed.
        drain_s: how long requests in flight may go on after ``stop``.
    """

    lease_s: float
    drain_s: float


class Runner:
    """Works a queue until stopped, or until nothing is left that can be done."""

    def __init__(self, parts: Parts, times: Times) -> None:
        self._parts = parts
        self._times = times
        self._hands = Hands()
        self._desks = {name: Desk(api, limited=name in parts.limited) for name, api in parts.apis.items()}
        followed = parts.callbacks.followed if parts.callbacks else None
        self._settler = Settler(parts.queue, parts.bus, parts.clock, self._settled, followed)
        sources = Sources(parts.queue, parts.quota, parts.gates, parts.clock, self._allowance)
        self._feeder = Feeder(sources, self._desks, self._receive, times.lease_s)
        self._upkeep = Upkeep(parts.queue, self._hands, parts.clock, times.lease_s)
        self._board = Board(parts.stops, parts.gates, parts.bus, parts.clock)
        self._stopping = asyncio.Event()
        if parts.canary is not None:
            watch(parts.canary, parts.bus, self.stop)

    @property
    def in_flight(self) -> int:
        """Jobs in the hands of senders."""
        return sum(desk.busy for desk in self._desks.values())

    @property
    def in_hand(self) -> int:
        """Jobs leased and not yet settled."""
        return len(self._hands)

    def stop(self) -> None:
        """Lease no more, let what is in flight finish within ``drain_s``, hand the rest back."""
        self._stopping.set()

    async def run(self, finished: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Work until ``stop``, or until ``finished`` says so while nothing is in hand.

        Raises:
            StoreError: the queue failed; whatever was not settled is sent again after its lease.
        """
        at_work = (self._settler, self._upkeep, self._board, self._parts.books, self._parts.renewal)
        chores = [asyncio.create_task(each.run()) for each in at_work if each is not None]
        senders = [
            asyncio.create_task(self._send(desk, number))
            for desk in self._desks.values()
            for number in range(desk.api.concurrency.most)
        ]
        feeding = asyncio.create_task(self._feed(finished))
        try:
            await asyncio.wait((feeding, *chores), return_when=asyncio.FIRST_COMPLETED)
            await self._drain(chores)
        finally:
            for task in (feeding, *senders, *chores):
                task.cancel()
            endings = await asyncio.gather(feeding, *senders, *chores, return_exceptions=True)
            failure = _first_failure(endings)
            self._hand_back()
            with suppress(StoreError) if failure else nullcontext():  # what is known is written if that can be done
                await self._settler.end()
                await self._parts.books.flush()
                await self._board.sync()  # whoever asks for the status wants to know why jobs are left
            if failure:
                raise failure

    async def _feed(self, finished: Callable[[], Awaitable[bool]] | None) -> None:
        while not self._stopping.is_set():
            try:
                wait_s = await self._feeder.feed()
                if wait_s > 0 and finished and not len(self._hands) and await finished():
                    return
            except StoreBusyError:
                log.warning("store_busy", remedy="another process holds the database; leasing is tried again")
                wait_s = _BUSY_S
            if wait_s > 0:
                await self._feeder.rest(wait_s)

    async def _send(self, desk: Desk, number: int) -> None:
        while True:
            ticket = await desk.take(number)
            if not self._hands.holds(ticket.case.lease):  # it ran out while it waited: the job is in other hands
                continue
            desk.busy += 1
            try:
                settlement = await self._work(ticket)
            finally:
                desk.busy -= 1
            if isinstance(settlement.outcome, Retry):
                desk.backlog.add(self._parts.clock.now() + settlement.outcome.delay_s)
            await self._settler.put(settlement)

    def _allowance(self) -> int | None:
        return None if self._parts.canary is None else self._parts.canary.room(len(self._hands))

    def _settled(self, lease: Lease) -> None:
        self._hands.drop(lease)
        if self._desks[lease.lane.api].api.ordered:
            self._feeder.freed(lease.lane)

    async def _receive(self, leases: list[Lease], purses: Mapping[Lane, Purse]) -> None:
        """Admit a batch: good jobs go to their desks with a slot each, the others are settled and leave theirs."""
        self._hands.take(leases)
        if self._stopping.is_set():
            for lease in leases:
                self._settler.put_now(Settlement(lease, Released("shutdown")))
            return
        waiting = iter(leases)
        try:
            for number, lease in enumerate(waiting, 1):
                admitted = self._admit(lease)
                if isinstance(admitted, Case):
                    desk = self._desks[lease.lane.api]
                    slot = purses[lease.lane].take() if desk.limited else ANYTIME
                    desk.waiting.put_nowait(Ticket(admitted, slot))
                else:
                    await self._settler.put(admitted)
                if not number % _AT_ONCE:
                    await self._parts.clock.sleep(0)
        finally:
            for lease in waiting:  # only what a cancellation left over
                self._settler.put_now(Settlement(lease, Released("shutdown")))

    def _admit(self, lease: Lease) -> Case | Settlement:
        try:
            return self._parts.pipeline.admit(lease)
        except Exception as error:  # noqa: BLE001 - one job's bug must not stop the others; it is logged and charged
            return self._crashed(lease, error)

    async def _work(self, ticket: Ticket) -> Settlement:
        lease = ticket.case.lease
        try:
            return await self._parts.pipeline.run(ticket.case, ticket.slot)
        except asyncio.CancelledError:
            self._settler.put_now(self._parts.pipeline.interrupted(lease))
            raise
        except StoreError as error:  # before anything was sent; should it last, settling fails too and ends the run
            return Settlement(lease, Released(f"the store could not be asked: {error}"))
        except Exception as error:  # noqa: BLE001 - the same
            return self._crashed(lease, error)

    def _crashed(self, lease: Lease, error: Exception) -> Settlement:
        log.error("job_crashed", id=lease.payload.get("id"), lane=str(lease.lane), exc_info=error)
        return self._parts.pipeline.crashed(lease, error)

    async def _drain(self, chores: list[asyncio.Task[None]]) -> None:
        self._stopping.set()
        self._hand_back()
        give_up_at = self._parts.clock.monotonic() + self._times.drain_s
        while in_hand(self._desks) and self._parts.clock.monotonic() < give_up_at:
            if any(chore.done() for chore in chores):
                return
            await self._parts.clock.sleep(0.01)

    def _hand_back(self) -> None:
        for desk in self._desks.values():
            while not desk.waiting.empty():
                self._settler.put_now(Settlement(desk.waiting.get_nowait().case.lease, Released("shutdown")))


def _first_failure(endings: list[BaseException | None]) -> BaseException | None:
    failures = (ending for ending in endings if ending and not isinstance(ending, asyncio.CancelledError))
    return next(failures, None)
