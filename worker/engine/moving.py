"""Copies all that one queue holds into another store: whole records, in the order of acceptance, each once.

Neither side is worked meanwhile, so that no job is sent from both: a stop of everything keeps their workers away.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from worker.cancelling import ended
from worker.engine.census import Difference, census, differences, kinds, records, surplus
from worker.errors import UsageError
from worker.failure import Counts, Failure
from worker.job import EVERY, Scope, Standstill, State, Stop
from worker.ports import Archive, Clock, Ledger, Queue, Stops
from worker.record import Record

_PAGE: Final = 2_000  # records at a time
_HEARD_S: Final = 1.0  # workers look for stops four times a second
_SHOWN: Final = 10  # ids of conflicts that are kept
_EVERYTHING: Final = Scope(EVERY)
_UNFINISHED: Final = "run that copy to its end; if both are worked, jobs are sent twice"


class Copyable(Protocol):
    """A store, as far as copying it goes."""

    @property
    def queue(self) -> Queue:
        """The hot side."""

    @property
    def ledger(self) -> Ledger:
        """The cold side."""

    @property
    def stops(self) -> Stops:
        """Which lanes stand still."""

    @property
    def archive(self) -> Archive:
        """Whole records, on their way to another store or out of this one."""

    @property
    def clock(self) -> Clock:
        """The time that all who work this queue share."""


@dataclass(frozen=True, slots=True)
class Side:
    """A store, and its URL as it may be shown."""

    store: Copyable
    url: str


@dataclass(slots=True)
class Progress:
    """How far a copy has come; jobs and rejected rows are records.

    Attributes:
        total: records that there were at the beginning; 0 until they are counted.
        jobs: read so far.
        rejected: rejected rows read so far.
        copied: records that are new to the target.
        already_there: records that the target had, of an earlier copy for example.
        conflicts: jobs of whose id the target has another one; these were not copied.
        conflicting: ids of the first of them.
    """

    total: int = 0
    jobs: int = 0
    rejected: int = 0
    copied: int = 0
    already_there: int = 0
    conflicts: int = 0
    conflicting: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        """All that was read."""
        return self.jobs + self.rejected


@dataclass(frozen=True, slots=True)
class Moved:
    """How it ended.

    Attributes:
        source: counts of where the jobs were.
        target: counts of where they are.
        late: jobs and rejected rows that came to the source meanwhile.
        differences: kinds of which either side has not as many as it should, with its URL.
    """

    progress: Progress
    source: Counts
    target: Counts
    late: int
    differences: tuple[tuple[str, Difference], ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do or to look into."""
        return not (self.late or self.differences or self.progress.conflicts)


class Moving:
    """One copy, from its beginning or from where an earlier one was interrupted.

    Args:
        source: where the jobs are.
        target: where they are to be.
        progress: kept up to date.
        told: called with it after each page.
    """

    def __init__(self, source: Side, target: Side, progress: Progress, told: Callable[[Progress], None]) -> None:
        self._source = source
        self._target = target
        self._told = told
        #: Why each stands still: the source while it is copied, and afterwards; the target while it is filled.
        self._leaving = f"its jobs are being copied to {target.url}: {_UNFINISHED}"
        self._left = f"its jobs were copied to {target.url}: work that queue; worked here too, they are sent twice"
        self._coming = f"jobs are being copied here from {source.url}: {_UNFINISHED}"
        self._read: Counter[str] = Counter()
        self._came: Counter[str] = Counter()
        self._progress = progress

    async def run(self) -> Moved:
        """Copy all there is, and hold both sides against each other.

        The source stands still from then on; the target may be worked again if nothing is wrong.

        Raises:
            UsageError: both are one store, one stands still already, or workers have jobs in hand.
            StoreError: the same call again goes on where this one ended.
        """
        await self._refuse_leased()
        await self._refuse_stopped()
        await self._stop_both()
        await self._refuse_stopped()  # another copy may have begun at the same moment
        await self._refuse_leased()  # workers hear of a stop a moment after it was put up
        before = census(await self._target.store.ledger.counts())
        self._progress.total = records(census(await self._source.store.ledger.counts()))
        await self._copy()
        await self._copy_stops()
        moved = await self._compared(before)
        if not moved.differences:
            await self._release()
        return moved

    async def _refuse_leased(self) -> None:
        for side in (self._source, self._target):
            while await side.store.queue.reclaim():
                pass
            counts = await side.store.ledger.counts()
            if leased := counts.states.get(State.LEASED, 0):
                raise UsageError(
                    f"{leased:,} jobs of {side.url} are in workers' hands: stop its workers and run this again; "
                    "what a worker had that died comes back when its lease ends: worker.lease after now, at the latest"
                )

    async def _refuse_stopped(self) -> None:
        """Leave alone what somebody else has put up: after another copy jobs would be sent from two queues."""
        for side, ours in ((self._source, {self._leaving, self._left}), (self._target, {self._coming})):
            stops = [stop for stop in await side.store.stops.all() if stop.scope == _EVERYTHING]
            if other := next((stop for stop in stops if stop.reason not in ours), None):
                raise UsageError(
                    f"{side.url} stands still as a whole: {other.reason}; only if no other queue sends its jobs, "
                    "let it go on, and run this again: preflight lanes resume '*'"
                )

    async def _stop_both(self) -> None:
        source, target = self._source, self._target
        leaving = _stop(source, self._leaving)
        await source.store.stops.put([leaving])
        if leaving in await target.store.stops.all():
            await source.store.stops.lift([leaving])
            raise UsageError(f"{source.url} and {target.url} are the same store: name another one to copy to")
        await target.store.stops.put([_stop(target, self._coming)])
        await source.store.clock.sleep(_HEARD_S)

    async def _copy(self) -> None:
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                await self._write(page)
                self._told(self._progress)

    async def _pages(self) -> AsyncGenerator[Sequence[Record | Failure]]:
        """All records; the next page is read while the last is written."""
        read = partial(self._source.store.archive.read, limit=_PAGE)
        reading = asyncio.create_task(read(0))
        try:
            while True:
                page, after = await reading
                if after is not None:
                    reading = asyncio.create_task(read(after))
                yield page
                if after is None:
                    return
        finally:
            await ended([reading])

    async def _write(self, page: Sequence[Record | Failure]) -> None:
        answer = await self._target.store.archive.write(page)
        known = {*answer.duplicates, *answer.conflicts}
        for index, record in enumerate(page):
            of = kinds(record)
            self._read.update(of)
            if index not in known:
                self._came.update(of)
        rejected = sum(isinstance(record, Failure) for record in page)
        progress = self._progress
        progress.jobs += len(page) - rejected
        progress.rejected += rejected
        progress.copied += answer.accepted
        progress.already_there += len(answer.duplicates)
        progress.conflicts += len(answer.conflicts)
        progress.conflicting += [page[index].id for index in answer.conflicts][: _SHOWN - len(progress.conflicting)]

    async def _copy_stops(self) -> None:
        """What stands still there stands still here; what is known here of the same lanes is newer."""
        known = {(stop.scope, stop.kind) for stop in await self._target.store.stops.all()}
        there = [stop for stop in await self._source.store.stops.all() if stop.scope != _EVERYTHING]
        await self._target.store.stops.put([stop for stop in there if (stop.scope, stop.kind) not in known])

    async def _compared(self, before: Counter[str]) -> Moved:
        source = await self._source.store.ledger.counts()
        target = await self._target.store.ledger.counts()
        left = differences(self._read, census(source))
        arrived = differences(before + self._came, census(target))
        late = surplus(left)
        wrong = [(self._source.url, one) for one in left] if late is None else []
        wrong += [(self._target.url, one) for one in arrived] if surplus(arrived) is None else []
        return Moved(self._progress, source, target, late or 0, tuple(wrong))

    async def _release(self) -> None:
        """Say where the jobs went, and let them be sent from there."""
        await self._source.store.stops.put([_stop(self._source, self._left)])
        stops = self._target.store.stops
        await stops.lift([one for one in await stops.all() if (one.scope, one.reason) == (_EVERYTHING, self._coming)])


def _stop(side: Side, reason: str) -> Stop:
    return Stop(_EVERYTHING, Standstill.PAUSED, reason, side.store.clock.now())
