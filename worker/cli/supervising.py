"""A run in many processes: this one keeps them going, and says together what each has done."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from worker.cancelling import ended
from worker.cli.ending import Ending
from worker.cli.running import Asked, following, not_read_again, read_again, show, stopping
from worker.cli.signals import Answers, Signals, show_cursor
from worker.errors import PreflightError, StoreError, UsageError

if TYPE_CHECKING:
    from worker.engine.tally import RunTally
    from worker.job import Stop
    from worker.ports import Stops
    from worker.service import Store
    from worker.settings import Settings
    from worker.supervisor.process import Process

_LOOK_S: Final = 0.5  # how often a display asks the store what stands still
_HEAR_S: Final = 0.05  # how late it may be said that all have read their config again


def processes(settings: "Settings") -> int:
    """How many processes the settings ask for.

    Raises:
        UsageError: more than one, where that cannot be.
    """
    asked = settings.worker.processes
    number = _cores() if asked == "cores" else asked
    if number == 1:
        return 1
    if settings.queue.kind == "memory":
        raise UsageError(
            f"worker.processes = {asked}: the queue memory:// is seen by one process only; "
            'use queue.url = "sqlite:///preflight.db", or --processes 1'
        )
    if sys.platform == "win32":
        remedy = "start `preflight run` several times instead, or use --processes 1"
        raise UsageError(f"worker.processes = {asked}: processes cannot be supervised on Windows; {remedy}")
    return number


def _cores() -> int:
    """Cores that this process may use; containers and ``taskset`` leave it fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Supervision:
    """One run of many processes.

    Args:
        load: reads the settings, as they were read at the start.
        command: starts one process, without what ties it to this one.
    """

    def __init__(
        self, load: "Callable[[], Settings]", command: Sequence[str], asked: Asked, signals: Signals, number: int
    ) -> None:
        from worker import service
        from worker.supervisor.supervisor import Supervisor

        self._load = load
        self._command = command
        self._asked = asked
        self._signals = signals
        self._settings: Settings
        self._shared: Stops
        self._untold = False
        self._rereading = service.Rereading(self._read_again)
        self._clock = service.system_clock()
        self._supervisor = Supervisor(self._start, number, self._clock, again=not asked.until_empty)
        self.stops: Sequence[Stop] = ()

    @property
    def tally(self) -> "RunTally":
        """What all of them did so far."""
        return self._supervisor.tally

    @property
    def in_flight(self) -> int:
        """Requests on their way."""
        return self._supervisor.in_flight

    @property
    def away(self) -> str | None:
        """Why the store is away; None while it is there."""
        return self._supervisor.away

    @property
    def elsewhere(self) -> int:
        """Jobs in the hands of others, which a run that ends by itself waits for."""
        return self._supervisor.elsewhere

    @property
    def crew(self) -> str:
        """How many there are, and how many came in the place of another."""
        restarted = f", {self._supervisor.restarted:,} restarted" if self._supervisor.restarted else ""
        return f"{self._supervisor.running} processes{restarted}"

    async def work(self, settings: "Settings") -> Ending:
        """Have the queue worked until nothing is left to do, or until told to stop.

        Raises:
            UsageError: a contract, a credential or the file of results cannot be used.
            StoreError: the store cannot be used.
        """
        from worker import service

        self._settings = settings
        await service.tried(settings, os.environ)  # one mistake is told once, before anything is started
        async with service.open_store(settings, self._clock) as store:
            self._shared = store.stops
            started = self._clock.monotonic()
            async with following(self._asked.results, store.ledger, store.clock):
                self._signals.answer(Answers(self._stop, self._rereading.ask, self._abandon))
                async with self._displayed(store):
                    await self._supervisor.run()
                await self._rereading.end()
            return await self._ending(store, self._clock.monotonic() - started)

    async def _ending(self, store: "Store", seconds: float) -> Ending:
        endings, gave_up = self._supervisor.endings, self._supervisor.gave_up
        stuck = {(stop.scope, stop.kind): stop for ended in endings for stop in ended.stuck}
        waiting, lanes = None, []
        try:
            waiting = (await store.ledger.counts()).unfinished
            lanes = await store.ledger.lanes() if stuck else []
        except StoreError:
            if gave_up is None:
                raise
        cut_short = any(ended.interrupted for ended in endings) and bool(waiting)
        return Ending(
            tally=self.tally,
            waiting=waiting,
            seconds=seconds,
            warns=any(ended.warns for ended in endings),
            stuck=list(stuck.values()),
            lanes=lanes,
            until_empty=self._asked.until_empty,
            interrupted=cut_short or self._signals.interrupted(waiting or 0),
            gave_up=gave_up,
        )

    async def _start(self) -> "Process":
        from worker.supervisor.process import Process

        return await Process.start(self._command, _print)

    async def _read_again(self) -> None:
        from worker import service

        try:
            self._settings = (await service.read_again(self._load, os.environ, self._settings, self._shared)).settings
        except PreflightError as error:
            not_read_again(error)
        else:
            self._supervisor.read_again()
            self._untold = True
        while self._untold and not self._rereading.asked:
            if self._supervisor.up_to_date:
                read_again(self._settings)
                self._untold = False
            else:
                await self._clock.sleep(_HEAR_S)

    def _stop(self) -> None:
        self._supervisor.stop()
        stopping()

    def _abandon(self) -> None:
        self._supervisor.kill()  # they lose nothing: what they had is leased, and comes back
        if self._asked.live:
            show_cursor()

    @asynccontextmanager
    async def _displayed(self, store: "Store") -> AsyncIterator[None]:
        if not self._asked.live:
            yield
            return
        import asyncio

        from worker.cli.display import display

        total = (await store.ledger.counts()).unfinished
        looking = asyncio.create_task(self._look(store))
        try:
            async with display(self, total, store.clock):
                yield
        finally:
            if (failure := await ended([looking])) is not None:
                raise failure

    async def _look(self, store: "Store") -> None:
        while True:
            with suppress(StoreError):  # the processes say what becomes of a store that is away
                now = store.clock.now()
                self.stops = [one for one in await store.stops.all() if one.until is None or one.until > now]
            await self._clock.sleep(_LOOK_S)


def _print(text: bytes) -> None:
    show(text.decode(errors="replace"))
