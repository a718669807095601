"""``preflight run``: works the queue until it is empty, or until it is told to stop."""

import asyncio
import os
import signal
import sys
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli.ending import INTERRUPTED, Ending
from worker.cli.output import is_terminal
from worker.cli.setup import read_settings

if TYPE_CHECKING:
    from worker.engine.canary import Canary
    from worker.engine.runner import Runner
    from worker.engine.tally import RunTally
    from worker.ports import Clock, Ledger
    from worker.service import Work
    from worker.settings import Settings


@click.command(
    epilog="""\b
Examples:
  preflight run                      as a service, until SIGTERM
  preflight run --until-empty        a batch: ends when nothing is left to do
  preflight run --until-empty --json | jq .delivered
  preflight run --until-empty --results results.jsonl
  preflight run --until-empty --canary 50          50 jobs, then 100, ...; stops if more than 5% go wrong
  preflight run --until-empty --brake 0.02         at full speed; stops when 3 of the last 100 answers are bad
"""
)
@click.option("--until-empty", is_flag=True, help="End when nothing is left that can be done.")
@click.option("--processes", metavar="N", help="Worker processes; this version runs 1.")
@click.option("--canary", type=click.IntRange(1), metavar="N", help="Send N jobs first, look at the answers, go on.")
@click.option(
    "--brake",
    type=click.FloatRange(0, 1, max_open=True),
    metavar="SHARE",
    help="Stop when more of the last answers are bad; 0.05 with --canary.",
)
@click.option("--results", type=click.Path(path_type=Path), metavar="FILE", help="Write a line for every job's end.")
@click.option("--json", "as_json", is_flag=True, help="One object with the counts at the end.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    until_empty: bool,
    processes: str | None,
    canary: int | None,
    brake: float | None,
    results: Path | None,
    as_json: bool,
) -> None:
    """Work the queue: validate, authorise, pace, send, record.

    Ctrl-C or SIGTERM lets requests in flight finish, hands the rest back uncharged, and ends; a second one ends at
    once. SIGHUP reads the contracts again: jobs that wait are held to what they say now; one that cannot be used is
    refused, and the old ones stay.

    With --until-empty the exit code is 1 when jobs of this run failed, and 3 when an API could not be reached; an API
    that asks to be left alone (429, Retry-After) is waited for. An operation whose API rejects too much of what its
    contract allows stands still until `preflight lanes resume`, and its jobs wait untouched.

    --canary N sends N jobs, from every lane some, and waits for their answers; then twice as many, and so on up to 32 N
    at a time, and then all. Where a larger share of the last answers is bad than --brake allows, the run stops with
    exit code 1 and says why; the jobs that were not sent wait untouched. Bad are answers that fail a job's attempt;
    before full speed also those that do not, such as a 429. --brake alone begins at full speed.

    --results FILE gets a line of JSON for every job of the queue that has ended, whatever became of it, no later than
    half a second after. It is taken up where an earlier run left it. The last line of a job is the one that counts.
    """
    from worker import service

    number = int(processes) if processes and processes.isdecimal() else processes
    live = is_terminal() and not as_json
    settings = read_settings(ctx, {"worker.processes": number}, quiet=live)
    watching = _canary(canary, brake)
    ending = service.run_async(lambda: _Run(settings, watching, results, live=live).work(until_empty=until_empty))
    ending.report(as_json=as_json)
    ctx.exit(ending.exit_code)


def _canary(first: int | None, brake: float | None) -> "Canary | None":
    from worker.engine.canary import BRAKE, Canary

    return None if first is None and brake is None else Canary(first, BRAKE if brake is None else brake)


def _following(results: Path | None, ledger: "Ledger", clock: "Clock") -> AbstractAsyncContextManager[None]:
    if results is None:
        return nullcontext()
    from worker.engine.results import following

    return following(results, ledger, clock)


class _Run:
    """One run of the worker in this process."""

    def __init__(self, settings: "Settings", canary: "Canary | None", results: Path | None, *, live: bool) -> None:
        from worker import service

        self._settings = settings
        self._canary = canary
        self._results = results
        self._live = live
        self._clock = service.system_clock()
        self._signals = 0
        self._by_hand = False
        self._asked_again = False
        self._reading: asyncio.Future[None] | None = None  # asyncio itself keeps no hold of it

    async def work(self, *, until_empty: bool) -> Ending:
        from worker import log, service
        from worker.engine.tally import RunTally
        from worker.events import Bus

        bus = Bus()
        tally = RunTally().listen(bus)
        log.observe(bus)
        contracts = service.contracts(self._settings, os.environ)
        service.tune()
        started = self._clock.monotonic()
        async with (
            service.open_store(self._settings, self._clock) as store,
            _following(self._results, store.ledger, self._clock),
            service.work(self._settings, contracts, store, bus, self._clock, self._canary) as work,
        ):
            self._handle_signals(work)
            total = (await store.ledger.counts()).unfinished if self._live else 0
            async with _display(tally, work, total, self._clock, self._canary) if self._live else nullcontext():
                await (work.until_empty() if until_empty else work.runner.run())
            seconds = self._clock.monotonic() - started
            counts = await store.ledger.counts()
            # a service that is told to stop has done its work; a person who presses Ctrl-C has interrupted it
            interrupted = self._by_hand or (self._signals > 0 and until_empty and counts.unfinished > 0)
            return Ending(
                tally=tally,
                waiting=counts.unfinished,
                seconds=seconds,
                warns=work.warns,
                stuck=work.finish.stuck,
                lanes=await store.ledger.lanes() if work.finish.stuck else [],
                until_empty=until_empty,
                interrupted=interrupted,
                canary=self._canary,
            )

    def _handle_signals(self, work: "Work") -> None:
        loop = asyncio.get_running_loop()
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stop, work.runner, number)
            loop.add_signal_handler(signal.SIGHUP, self._reload, work)
        except (NotImplementedError, AttributeError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            return

    def _reload(self, work: "Work") -> None:
        """Read the contracts again, beside the work; once more where they are being read already."""
        self._asked_again = self._reading is not None and not self._reading.done()
        if not self._asked_again:
            self._reading = asyncio.ensure_future(self._read_while_asked(work))

    async def _read_while_asked(self, work: "Work") -> None:
        await self._read_again(work)
        while self._asked_again:
            self._asked_again = False
            await self._read_again(work)

    async def _read_again(self, work: "Work") -> None:
        from worker import service
        from worker.errors import UsageError

        try:
            work.hold_to(await asyncio.to_thread(service.contracts, self._settings, os.environ))
        except UsageError as error:  # a service goes on with what it has
            click.echo(f"contracts not read again, the old ones stay: {error}", err=True)
        else:
            click.echo("contracts read again: waiting jobs are held to them", err=True)

    def _stop(self, runner: "Runner", number: signal.Signals) -> None:
        self._signals += 1
        self._by_hand = self._by_hand or number == signal.SIGINT
        if self._signals == 1:
            runner.stop()  # before anything is said: whoever read that may have gone
            with suppress(OSError):
                click.echo("stopping: requests in flight finish, the rest goes back; again to stop at once", err=True)
        else:
            if self._live:
                sys.stderr.write("\x1b[?25h")  # the display had hidden the cursor
                sys.stderr.flush()
            os._exit(INTERRUPTED)  # what is leased comes back when its lease runs out


def _display(tally: "RunTally", work: Any, total: int, clock: Any, canary: "Canary | None") -> Any:
    from worker.cli.display import display

    return display(tally, work, total, clock, canary)
