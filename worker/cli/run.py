"""``preflight run``: works the queue until it is empty, or until it is told to stop."""

import asyncio
import os
import signal
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from worker.cli.output import console, is_terminal, print_json
from worker.cli.setup import read_settings
from worker.errors import ApiUnreachableError

if TYPE_CHECKING:
    from worker.engine.runner import Runner
    from worker.engine.tally import RunTally
    from worker.failure import Counts
    from worker.limits.gate import Closure
    from worker.settings import Settings

_INTERRUPTED = 130


@click.command(
    epilog="""\b
Examples:
  preflight run                      as a service, until SIGTERM
  preflight run --until-empty        a batch: ends when nothing is left to do
  preflight run --until-empty --json | jq .delivered
"""
)
@click.option("--until-empty", is_flag=True, help="End when nothing is left that can be done.")
@click.option("--processes", metavar="N", help="Worker processes; this version runs 1.")
@click.option("--json", "as_json", is_flag=True, help="One object with the counts at the end.")
@click.pass_context
def command(ctx: click.Context, /, *, until_empty: bool, processes: str | None, as_json: bool) -> None:
    """Work the queue: validate, authorise, pace, send, record.

    Ctrl-C or SIGTERM lets requests in flight finish, hands the rest back uncharged, and ends; a second one ends at
    once. With --until-empty the exit code is 1 when jobs of this run failed, and 3 when an API could not be reached; an
    API that asks to be left alone (429, Retry-After) is waited for.
    """
    from worker import service

    number = int(processes) if processes and processes.isdecimal() else processes
    live = is_terminal() and not as_json
    settings = read_settings(ctx, {"worker.processes": number}, quiet=live)
    ending = service.run_async(lambda: _Run(settings, live=live).work(until_empty=until_empty))
    ending.report(as_json=as_json)
    ctx.exit(ending.exit_code)


class _Ending:
    """How a run went."""

    def __init__(
        self,
        tally: "RunTally",
        counts: "Counts",
        seconds: float,
        stuck: dict[str, "Closure"],
        *,
        until_empty: bool,
        interrupted: bool,
    ) -> None:
        self._tally = tally
        self._waiting = counts.unfinished
        self._seconds = seconds
        self._stuck = stuck
        self._until_empty = until_empty
        self._interrupted = interrupted

    @property
    def exit_code(self) -> int:
        """See ``product``'s list."""
        if self._interrupted:
            return _INTERRUPTED
        if not self._until_empty:
            return 0  # a service ends when it is told to; what failed, and what waits, is the ledger's to tell
        if any(closure.kind == "unreachable" for closure in self._stuck.values()):
            return ApiUnreachableError.exit_code
        return 1 if self._tally.dead or self._tally.parked or self._waiting else 0

    def report(self, *, as_json: bool) -> None:
        """Print the counts, and what keeps jobs waiting."""
        counts = self._counts()
        if as_json:
            print_json(counts)
        else:
            self._print(counts)
        for api, closure in self._stuck.items():
            click.echo(f"{api}: {_remedy(closure)}", err=True)
        if self._until_empty and self._waiting and not self._stuck and not self._interrupted:
            came = f"{self._waiting:,} jobs wait: for an API that this config does not have, or they came just now"
            click.echo(f"{came}; `preflight status` shows their lanes", err=True)

    def _counts(self) -> dict[str, Any]:
        tally = self._tally
        return {
            "delivered": tally.delivered,
            "dead": tally.dead,
            "parked": tally.parked,
            "waiting": self._waiting,
            "refused": tally.refused,
            "attempts": tally.attempts,
            "retried": tally.retried,
            "seconds": round(self._seconds, 3),
            "jobs_per_s": round(tally.settled / self._seconds, 1) if self._seconds > 0 else 0.0,
        }

    def _print(self, counts: dict[str, Any]) -> None:
        refused = ", ".join(f"{count:,} {cause}" for cause, count in sorted(counts["refused"].items()))
        style = "yellow" if counts["dead"] or counts["parked"] else "green"
        console().print(
            f"[{style}]{counts['delivered']:,} delivered, {counts['dead']:,} dead, {counts['parked']:,} parked[/], "
            f"{counts['waiting']:,} waiting in {self._seconds:.1f} s ({counts['jobs_per_s']:,.0f} jobs/s)"
        )
        if refused:
            console().print(f"refused before sending: {refused}; `preflight failures list` says why")


def _remedy(closure: "Closure") -> str:
    if closure.kind == "unauthorised":
        return f"{closure.reason}. Its jobs wait untouched: renew the credential, then run again"
    return f"cannot be reached ({closure.reason}). Its jobs wait untouched: check base_url and the API, then run again"


class _Run:
    """One run of the worker in this process."""

    def __init__(self, settings: "Settings", *, live: bool) -> None:
        from worker import service

        self._settings = settings
        self._live = live
        self._clock = service.system_clock()
        self._signals = 0
        self._by_hand = False

    async def work(self, *, until_empty: bool) -> _Ending:
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
            service.work(self._settings, contracts, store, bus, self._clock) as work,
        ):
            self._handle_signals(work.runner)
            total = (await store.ledger.counts()).unfinished if self._live else 0
            async with _display(tally, work, total, self._clock) if self._live else nullcontext():
                await (work.until_empty() if until_empty else work.runner.run())
            seconds = self._clock.monotonic() - started
            counts = await store.ledger.counts()
            # a service that is told to stop has done its work; a person who presses Ctrl-C has interrupted it
            interrupted = self._by_hand or (self._signals > 0 and until_empty and counts.unfinished > 0)
            return _Ending(tally, counts, seconds, work.finish.stuck, until_empty=until_empty, interrupted=interrupted)

    def _handle_signals(self, runner: "Runner") -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self._stop, runner, number)
            except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
                return

    def _stop(self, runner: "Runner", number: signal.Signals) -> None:
        self._signals += 1
        self._by_hand = self._by_hand or number == signal.SIGINT
        if self._signals == 1:
            click.echo("stopping: requests in flight finish, the rest goes back; again to stop at once", err=True)
            runner.stop()
        else:
            if self._live:
                sys.stderr.write("\x1b[?25h")  # the display had hidden the cursor
                sys.stderr.flush()
            os._exit(_INTERRUPTED)  # what is leased comes back when its lease runs out


def _display(tally: "RunTally", work: Any, total: int, clock: Any) -> Any:
    from worker.cli.display import display

    return display(tally, work, total, clock)
