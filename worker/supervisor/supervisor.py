"""Keeps worker processes going: starts again what dies, tells all what it is told, and knows when to give up."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import structlog

from worker.cancelling import first
from worker.engine.tally import RunTally
from worker.errors import INTERRUPTED, DependencyError, PreflightError, UsageError
from worker.ports import Clock
from worker.supervisor.process import Process, told
from worker.supervisor.report import Ended, Report
from worker.supervisor.restarts import MOST, Restarts

log = structlog.get_logger(__name__)

_NOTHING: Final = Report()
#: How a process may end that was told to stop before there was anything to finish, or to report.
_TOLD_EARLY: Final = frozenset({0, INTERRUPTED, -signal.SIGTERM})
#: How one ends that finds another config than the others work by, or no store, whose return they may be waiting for:
#: no reason to stop those that are at work.
_SURROUNDINGS: Final = frozenset({UsageError.exit_code, DependencyError.exit_code})


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Why no process is started any more.

    Attributes:
        last_lines: what the one that died last had printed.
    """

    why: str
    last_lines: tuple[str, ...]
    exit_code: int


class _End(NamedTuple):
    """How a process ended.

    Attributes:
        in_hand: jobs that it had leased and not settled when it last said so.
    """

    code: int
    last_lines: tuple[str, ...]
    in_hand: int

    @property
    def by(self) -> str:
        """``exit code 3``, ``SIGKILL``."""
        return told(self.code)


@dataclass(slots=True)
class _Place:
    """A process, and those that it took the place of.

    Attributes:
        number: counted from 1.
        worked: any of them was ever at work.
        died: any of them ever died.
        ended: how the last one ended in order.
    """

    number: int
    process: Process | None = None
    restarts: Restarts = field(default_factory=Restarts)
    worked: bool = False
    died: bool = False
    ended: Ended | None = None

    @property
    def report(self) -> Report:
        """What is known of the process that is at work, if one is."""
        return (self.process and self.process.report) or _NOTHING


class Supervisor:
    """Processes that are kept going.

    Args:
        start: starts one.
        number: how many.
        again: also one that ended in order is started again, unless all were told to stop.

    Attributes:
        restarted: how many were started in the place of another.
        gave_up: why they were all stopped, if nobody told them to.
    """

    def __init__(self, start: Callable[[], Awaitable[Process]], number: int, clock: Clock, *, again: bool) -> None:
        self._start = start
        self._clock = clock
        self._again = again
        self._places = [_Place(one) for one in range(1, number + 1)]
        self._before = RunTally()
        self._stopping = asyncio.Event()
        self._generation = 0
        self.restarted = 0
        self.gave_up: GaveUp | None = None

    @property
    def tally(self) -> RunTally:
        """What all of them did; of one that was killed, what it did since its last report is not known here."""
        return RunTally.total([self._before, *(place.report.tally for place in self._places)])

    @property
    def in_flight(self) -> int:
        """Requests on their way."""
        return sum(place.report.in_flight for place in self._places)

    @property
    def away(self) -> str | None:
        """Why the store is away, if any of them finds that it is."""
        return next((why for place in self._places if (why := place.report.away) is not None), None)

    @property
    def elsewhere(self) -> int:
        """Jobs that all of them wait for, as far as any of them knows."""
        return max((place.report.elsewhere for place in self._places), default=0)

    @property
    def running(self) -> int:
        """Processes that there are now."""
        return sum(place.process is not None for place in self._places)

    @property
    def _at_work(self) -> bool:
        return any(place.process is not None and place.process.report is not None for place in self._places)

    @property
    def endings(self) -> list[Ended]:
        """How those ended that ended in order and were not started again."""
        return [place.ended for place in self._places if place.ended is not None]

    @property
    def up_to_date(self) -> bool:
        """Whether all work by the config that they were told to read last."""
        return all(place.process.up_to_date for place in self._places if place.process is not None)

    async def run(self) -> None:
        """Until all have ended for good."""
        await asyncio.gather(*(self._keep(place) for place in self._places))

    def stop(self) -> None:
        """Have all end in order."""
        self._stopping.set()
        self._tell(Process.stop)

    def kill(self) -> None:
        """End all at once."""
        self._stopping.set()
        self._tell(Process.kill)

    def read_again(self) -> None:
        """Have all read their config again; one that is started later does so anyway."""
        self._generation += 1
        self._tell(lambda process: process.read_again(self._generation))

    def _tell(self, what: Callable[[Process], None]) -> None:
        for place in self._places:
            if place.process is not None:
                what(place.process)

    async def _keep(self, place: _Place) -> None:
        while True:
            started_at = self._clock.monotonic()
            end = await self._live(place)
            in_order = place.ended is not None
            if in_order and not (self._again and not self._stopping.is_set()):
                return
            if self._stopping.is_set():
                self._miss(place, end)
                return
            place.died = place.died or not in_order
            counts = not in_order and not (end.code in _SURROUNDINGS and self._at_work)
            place.restarts.died(self._clock.monotonic(), self._clock.monotonic() - started_at, counts=counts)
            _log(place, end)
            self._despair(place, end)
            await self._pause(place)
            if self._stopping.is_set():
                return
            self.restarted += 1

    async def _live(self, place: _Place) -> _End:
        """One process from start to end."""
        place.ended, generation = None, self._generation
        try:
            place.process = process = await self._start()
        except OSError as error:
            return _End(PreflightError.exit_code, (f"it could not be started: {error.strerror or error}",), 0)
        if generation != self._generation:  # it may have read what was there before
            process.read_again(self._generation)
        if self._stopping.is_set():
            process.stop()
        code = await process.end()
        report, place.process = place.report, None
        self._before = RunTally.total([self._before, report.tally])
        place.worked = place.worked or process.report is not None
        place.ended = report.ended
        return _End(code, tuple(process.last_lines), report.in_hand)

    def _despair(self, place: _Place, end: _End) -> None:
        """Stop all, where starting this one again is hopeless."""
        if all(one.died and not one.worked for one in self._places):
            self._give_up(f"no worker process could begin to work; the last ended by {end.by}", end)
        elif place.restarts.hopeless:
            why = f"worker process {place.number} died {MOST} times within a minute, the last time by {end.by}"
            self._give_up(f"{why}; all were stopped", end)

    def _miss(self, place: _Place, end: _End) -> None:
        """Note a process that was to end in order, and did not; one that had hardly begun may end as it likes."""
        if end.code not in _TOLD_EARLY:
            _log(place, end)
            self._give_up(f"worker process {place.number} was told to stop, and ended by {end.by}", end)

    def _give_up(self, why: str, end: _End) -> None:
        known = DependencyError.exit_code
        code = known if end.code == known else PreflightError.exit_code
        self.gave_up = self.gave_up or GaveUp(why, end.last_lines, code)
        self.stop()

    async def _pause(self, place: _Place) -> None:
        delay_s = place.restarts.delay_s(self._clock.random())
        await first(self._clock.sleep(delay_s), self._stopping.wait())


def _log(place: _Place, end: _End) -> None:
    if place.ended is not None:
        log.warning(
            "process_ended", process=place.number, by=end.by, remedy="nobody asked for that: another is started"
        )
        return
    back = {"remedy": "they are taken up again when their leases run out"} if end.in_hand else {}
    log.error("process_died", process=place.number, by=end.by, jobs_in_hand=end.in_hand, **back)
