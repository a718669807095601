"""A run in this process: one generation of settings and contracts after the other works the queue."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from worker.cli.ending import Ending
from worker.cli.signals import Answers, Signals, show_cursor

if TYPE_CHECKING:
    from worker.engine.canary import Canary
    from worker.job import Stop
    from worker.ports import Clock, Ledger, Stops
    from worker.service import Generation, Store, Work
    from worker.settings import Settings
    from worker.supervisor.leash import Leash
    from worker.supervisor.report import Report

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of a run.

    Attributes:
        live: somebody watches: show what happens.
    """

    until_empty: bool
    results: Path | None
    live: bool


class Run:
    """One run of the worker in this process.

    Args:
        load: reads the settings, as they were read at the start.
        canary: what watches the answers, if anything does.
        leash: ties it to its supervisor, if it has one; who speaks to people, then.

    Attributes:
        tally: what was done so far.
    """

    crew = ""

    def __init__(
        self,
        load: "Callable[[], Settings]",
        asked: Asked,
        signals: Signals,
        canary: "Canary | None" = None,
        leash: "Leash | None" = None,
    ) -> None:
        from worker import service
        from worker.engine.tally import RunTally

        self._load = load
        self._asked = asked
        self._signals = signals
        self._canary = canary
        self._leash = leash
        self._next: Generation | None = None
        self._settings: Settings
        self._shared: Stops
        self._work: Work | None = None
        self._warns = False
        self._stopping = False
        self._asked_for = self._generation = 0
        self._rereading = service.Rereading(self._read_again)
        self.tally = RunTally()

    @property
    def in_flight(self) -> int:
        """Requests on their way."""
        return self._work.runner.in_flight if self._work else 0

    @property
    def stops(self) -> "Sequence[Stop]":
        """All that stands still now."""
        return self._work.gates.stops() if self._work else ()

    @property
    def away(self) -> str | None:
        """Why the store is away; None while it is there."""
        return self._work.outage.reason if self._work else None

    @property
    def elsewhere(self) -> int:
        """Jobs in the hands of others, which a run that ends by itself waits for."""
        return self._work.finish.elsewhere if self._work else 0

    async def work(self, settings: "Settings") -> Ending:
        """Work until nothing is left to do, or until told to stop.

        Raises:
            UsageError: a contract, a credential or the file of results cannot be used.
            StoreError: the store failed, or stayed away for too long.
        """
        from worker import service

        self._settings = settings
        generation = service.Generation(settings, service.contracts(settings, os.environ))
        service.tune()
        async with service.open_store(settings, service.system_clock(), settings.worker.lease_s) as store:
            self._shared = store.stops
            started = store.clock.monotonic()
            async with following(self._asked.results, store.ledger, store.clock), self._tied():
                total = (await store.ledger.counts()).unfinished if self._asked.live else 0
                self._signals.answer(Answers(self._stop, self._rereading.ask, self._abandon))
                async with self._displayed(total, store.clock):
                    await self._generations(generation, store)
                await self._rereading.end()
            ending = await self._ending(store, store.clock.monotonic() - started)
        if self._leash is not None:
            await self._leash.end(self._report(ending))
        return ending

    async def _generations(self, generation: "Generation", store: "Store") -> None:
        from worker import log, service
        from worker.events import Bus

        again = False
        while True:
            bus = Bus()
            self.tally.listen(bus)
            log.observe(bus)
            async with service.work(*generation, store, bus, self._canary) as self._work:
                if again:
                    forget = partial(service.forget_drift, store.stops, generation.settings, bus)
                    await self._work.outage.borne(forget, lambda: not self._stopping)
                if self._stopping:  # told so while it was put together
                    self._work.runner.stop()
                elif self._next:
                    self._work.runner.make_way()
                _log.info(
                    "worker_started", queue=generation.settings.queue.shown, apis=sorted(generation.settings.apis)
                )
                await (self._work.until_empty() if self._asked.until_empty else self._work.runner.run())
                self._warns = self._warns or self._work.warns
            if self._next is None or self._stopping or (self._canary is not None and self._canary.halt):
                return
            generation, self._next, again = self._next, None, True

    async def _ending(self, store: "Store", seconds: float) -> Ending:
        assert self._work is not None
        counts = await store.ledger.counts()
        stuck = self._work.finish.stuck
        return Ending(
            tally=self.tally,
            waiting=counts.unfinished,
            seconds=seconds,
            warns=self._warns,
            stuck=stuck,
            lanes=await store.ledger.lanes() if stuck else [],
            until_empty=self._asked.until_empty,
            interrupted=self._signals.interrupted(counts.unfinished),
            canary=self._canary,
        )

    async def _read_again(self) -> None:
        from worker import service
        from worker.errors import PreflightError

        asked_for = self._asked_for
        try:
            self._next = await service.read_again(self._load, os.environ, self._settings, self._shared)
        except PreflightError as error:  # a service goes on with what it has
            not_read_again(error)
            return
        self._settings, self._generation = self._next.settings, asked_for
        if self._work is not None:
            self._work.runner.make_way()
        if self._leash is None:
            read_again(self._settings)

    def _hear(self, number: int) -> None:
        """What is read from now on has this number."""
        self._asked_for = number
        self._rereading.ask()

    def _stop(self) -> None:
        self._stopping = True
        if self._work is not None:
            self._work.runner.stop()
        if self._leash is None:
            stopping()

    def _abandon(self) -> None:
        if self._asked.live:
            show_cursor()

    def _displayed(self, total: int, clock: "Clock") -> AbstractAsyncContextManager[None]:
        if not self._asked.live:
            return nullcontext()
        from worker.cli.display import display

        return display(self, total, clock, self._canary)

    def _tied(self) -> AbstractAsyncContextManager[None]:
        return self._leash.held(self._report, self._hear, self._stop) if self._leash else nullcontext()

    def _report(self, ending: Ending | None = None) -> "Report":
        from worker.supervisor.report import Ended, Report

        ended = Ended(tuple(ending.stuck), ending.warns, ending.interrupted) if ending else None
        in_hand = self._work.runner.in_hand if self._work else 0
        return Report(self.tally, self.in_flight, in_hand, self.elsewhere, self.away, self._generation, ended)


def following(results: Path | None, ledger: "Ledger", clock: "Clock") -> AbstractAsyncContextManager[None]:
    """Keep the file of results up to date, where one is wanted."""
    if results is None:
        return nullcontext()
    from worker.engine.results import following as follow

    return follow(results, ledger, clock)


def stopping() -> None:
    """Say that the end has begun."""
    _say("stopping: requests in flight finish, the rest goes back; again to stop at once")


def read_again(settings: "Settings") -> None:
    """Say that other settings hold from now on."""
    _say(f"{settings.path} and its contracts read again: jobs that wait are held to them")
    for warning in settings.warnings:
        _say(f"warning: {warning}")


def not_read_again(error: Exception) -> None:
    """Say, on one line, why other settings do not hold."""
    _say(f"config not read again, the old one stays: {'; '.join(str(error).splitlines())}")


def _say(text: str) -> None:
    show(f"{text}\n")


def show(text: str) -> None:
    """Print to standard error, above a live display where there is one."""
    with suppress(OSError):  # whoever read that may have gone
        sys.stderr.write(text)
        sys.stderr.flush()
