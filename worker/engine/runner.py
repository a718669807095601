"""Runs the worker: leases, keeps as many requests in flight as each API allows, and drains when told to stop.

It keeps the one invariant: each lease is settled exactly once. Cancelling becomes Released (or Parked, where the
request may have arrived and must not be sent twice), an unforeseen exception becomes Retry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import structlog

from worker.cancelling import ended
from worker.engine.board import Board
from worker.engine.canary import watch
from worker.engine.desk import Desk, Ticket, in_hand
from worker.engine.feeder import Feeder, Sources
from worker.engine.parts import Parts, Times
from worker.engine.purse import Purse
from worker.engine.suspects import Suspects, stepped_aside
from worker.engine.upkeep import Upkeep
from worker.errors import StoreAwayError, StoreError
from worker.job import Lane, Lease
from worker.outcome import Released, Retry, Settlement
from worker.stages.judge import Case
from worker.stages.pace import ANYTIME
from worker.stages.settle import Settler

log = structlog.get_logger(__name__)

_FINISHED_S: Final = 0.05  # how soon to ask again whether a run that ends by itself is done
_AT_ONCE: Final = 32  # leases admitted before others get a turn: well under a millisecond, unless bodies are huge


class Runner:
    """Works a queue until stopped, or until nothing is left that can be done."""

    def __init__(self, parts: Parts, times: Times) -> None:
        self._parts = parts
        self._times = times
        self._hands, self._outage = parts.hands, parts.outage
        self._suspects = Suspects(parts.hands)
        self._desks = {name: Desk(api, limited=name in parts.limited) for name, api in parts.apis.items()}
        followed = parts.callbacks.followed if parts.callbacks else None
        self._settler = Settler(parts.queue, parts.bus, parts.clock, self._settled, followed)
        sources = Sources(parts.queue, parts.quota, parts.gates, parts.bell, parts.clock, self._allowance)
        self._feeder = Feeder(sources, self._desks, self._receive, times.lease_s)
        self._upkeep = Upkeep(parts.queue, self._hands, parts.clock, times.lease_s)
        self._board = Board(parts.stops, parts.gates, parts.bus, parts.clock)
        self._stopping = asyncio.Event()
        self._succeeded = False
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
        self._succeeded = False
        self._stopping.set()
        self._feeder.wake()

    def make_way(self) -> None:
        """The same, for another that goes on in its place: a store that is away meanwhile is waited for as ever."""
        if not self._stopping.is_set():
            self.stop()
            self._succeeded = True

    async def run(self, finished: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Work until ``stop``, or until ``finished`` says so while nothing is in hand.

        A store that is away is waited for.

        Raises:
            StoreError: the queue failed, or was away for too long; what was not settled is sent again later.
        """
        if self._parts.renewal is not None:
            begin = partial(self._parts.renewal.begin, self._parts.stops)
            await self._outage.borne(begin, lambda: self._succeeded or not self._stopping.is_set())
        chores = self._chores()
        senders = [
            asyncio.create_task(self._send(desk, number))
            for desk in self._desks.values()
            for number in range(desk.api.concurrency.most)
        ]
        feeding = asyncio.create_task(self._feed(finished))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((feeding, stopping, *chores), return_when=asyncio.FIRST_COMPLETED)
            await self._drain(feeding, chores)
        finally:
            await self._end(await ended((feeding, stopping, *senders, *chores)))

    def _chores(self) -> list[asyncio.Task[None]]:
        parts = self._parts
        several = self._settler, self._upkeep, self._board, parts.books, parts.renewal, parts.retention
        working = [self._outage.outlasted(one.run) for one in several if one is not None]
        return [asyncio.create_task(chore) for chore in (self._outage.run(self._catch_up), *working)]

    async def _catch_up(self) -> None:
        """Keep what is in hand, and write a part of what is known: a store may answer, and yet have no room for that.

        The rest is written by whoever does so always, beside the renewals, which must not wait for all of it.
        """
        await self._upkeep.tick(self._parts.clock.monotonic())
        await self._settler.advance()

    async def _feed(self, finished: Callable[[], Awaitable[bool]] | None) -> None:
        while not self._stopping.is_set():
            wait_s = await self._outage.outlasted(partial(self._fed, finished))
            if wait_s is None:
                return
            if wait_s > 0:
                await self._feeder.rest(wait_s)

    async def _fed(self, finished: Callable[[], Awaitable[bool]] | None) -> float | None:
        """Lease what can be sent now; seconds until it makes sense to do so again, None where the run is finished."""
        wait_s = await self._feeder.feed()
        if wait_s <= 0 or finished is None:
            return wait_s
        return None if not len(self._hands) and await finished() else min(wait_s, _FINISHED_S)

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

    async def _receive(self, leases: list[Lease], purses: Mapping[Lane, Purse], until: float) -> None:
        """Admit a batch: good jobs go to their desks with a slot each, the others are settled and leave theirs."""
        self._hands.take(leases, until)
        waiting = iter(leases)
        try:
            if self._stopping.is_set():
                return
            if aside := self._suspects.beside(leases):
                waiting = iter([lease for lease in leases if lease not in aside])
                await self._put_aside(aside)
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
            for lease in waiting:  # only what was not wanted any more, or a cancellation left over
                self._settler.put_now(Settlement(lease, Released("shutdown")))

    async def _put_aside(self, aside: list[Lease]) -> None:
        """Have it written that jobs have gone back, before another is looked at that may end this process."""
        for lease in aside:
            self._settler.put_now(Settlement(lease, stepped_aside(len(aside), self._parts.clock.random())))
        await self._settler.flush()

    def _admit(self, lease: Lease) -> Case | Settlement:
        try:
            return self._parts.pipeline.admit(lease)
        except Exception as error:  # noqa: BLE001 - one job's bug must not stop the others; it is logged and charged
            return self._crashed(lease, error)

    async def _work(self, ticket: Ticket) -> Settlement:
        lease = ticket.case.lease
        try:
            if self._outage.away:  # what it would be told of the job could not be written down
                await self._outage.over()
                if self._stopping.is_set():
                    return Settlement(lease, Released("shutdown"))
            return await self._parts.pipeline.run(ticket.case, ticket.slot)
        except asyncio.CancelledError:
            self._settler.put_now(self._parts.pipeline.interrupted(lease))
            raise
        except StoreError as error:  # before anything was sent; should it last, settling fails too and ends the run
            if isinstance(error, StoreAwayError):
                self._outage.meet(error)
            return self._parts.pipeline.interrupted(lease, f"the store could not be asked: {error}")
        except Exception as error:  # noqa: BLE001 - the same
            return self._crashed(lease, error)

    def _crashed(self, lease: Lease, error: Exception) -> Settlement:
        log.error("job_crashed", id=lease.id, lane=str(lease.lane), exc_info=error)
        return self._parts.pipeline.crashed(lease, error)

    async def _drain(self, feeding: asyncio.Task[None], chores: list[asyncio.Task[None]]) -> None:
        """Let what is under way come to its end and be written, for as long as there is time."""
        if not self._stopping.is_set():
            self.stop()
        self._hand_back()
        clock, drain_s = self._parts.clock, self._times.drain_s
        give_up_at = clock.monotonic() + drain_s
        while self._under_way(feeding) and clock.monotonic() < give_up_at and not any(one.done() for one in chores):
            await clock.sleep(0.01)
            if self._succeeded and self._outage.away:
                give_up_at = clock.monotonic() + drain_s

    def _under_way(self, feeding: asyncio.Task[None]) -> bool:
        unfinished = self._succeeded if self._outage.away else not feeding.done()
        return unfinished or in_hand(self._desks) > 0 or self._settler.pending > 0

    async def _end(self, failure: BaseException | None) -> None:
        """Write down what is known, if that can be done."""
        self._hand_back()
        self._succeeded = self._succeeded and failure is None
        try:
            await self._outage.borne(self._write, lambda: self._succeeded)
        except StoreError as error:
            failure = failure or error
        lost = self._settler.give_up()
        if lost and isinstance(failure, StoreAwayError):
            told = "could not be written; their jobs are sent again after their leases, with the same idempotency key"
            raise type(failure)(f"{failure}; {lost:,} outcomes {told}") from failure
        if failure is not None:
            raise failure

    async def _write(self) -> None:
        await self._settler.flush()
        await self._parts.books.flush()
        await self._feeder.end()
        await self._board.sync()  # whoever asks for the status wants to know why jobs are left

    def _hand_back(self) -> None:
        for desk in self._desks.values():
            while not desk.waiting.empty():
                self._settler.put_now(Settlement(desk.waiting.get_nowait().case.lease, Released("shutdown")))
