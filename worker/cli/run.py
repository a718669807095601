"""``preflight run``: works the queue until it is empty, or until it is told to stop."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli.signals import Signals

if TYPE_CHECKING:
    from worker.cli.ending import Ending
    from worker.cli.running import Asked
    from worker.engine.canary import Canary
    from worker.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What the command line says; ``supervised`` and ``for_terminal`` only to a process of many."""

    until_empty: bool
    processes: str | None
    canary: int | None
    brake: float | None
    results: Path | None
    as_json: bool
    supervised: int | None
    for_terminal: bool

    @property
    def flags(self) -> dict[str, object]:
        """What it sets of the config, by dotted key."""
        number = self.processes
        return {"worker.processes": int(number) if number and number.isdecimal() else number}


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
@click.option("--processes", metavar="N|cores", help="Worker processes; those that die are started again.")
@click.option("--canary", type=click.IntRange(1), metavar="N", help="Send N jobs first, look at the answers, go on.")
@click.option(
    "--brake",
    type=click.FloatRange(0, 1, max_open=True),
    metavar="SHARE",
    help="Stop when more of the last answers are bad; 0.05 with --canary.",
)
@click.option("--results", type=click.Path(path_type=Path), metavar="FILE", help="Write a line for every job's end.")
@click.option("--json", "as_json", is_flag=True, help="One object with the counts at the end.")
@click.option("--supervised", type=int, hidden=True, help="A worker process of --processes: its end of the socket.")
@click.option("--for-terminal", is_flag=True, hidden=True, help="What it logs is shown on a terminal.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Work the queue: validate, authorise, pace, send, record.

    Ctrl-C or SIGTERM lets requests in flight finish, hands the rest back uncharged, and ends; a second one ends at
    once. SIGHUP reads config and contracts again: requests in flight finish, and jobs that wait are held to what they
    say now; what cannot be used is refused, and the old ones stay. Flags still win; queue.url and worker.processes are
    read at the start only.

    With --until-empty the exit code is 1 when jobs of this run failed, and 3 when an API could not be reached; an API
    that asks to be left alone (429, Retry-After) is waited for. An operation whose API rejects too much of what its
    contract allows stands still until `preflight lanes resume`, and its jobs wait untouched.

    --processes N works in N processes, and one more that works nothing: it starts again what dies, and gives up with
    exit code 1 (3 where the store is away) when that does not help. All limits hold for all of them together.

    --canary N sends N jobs, from every lane some, and waits for their answers; then twice as many, and so on up to 32 N
    at a time, and then all. Where a larger share of the last answers is bad than --brake allows, the run stops with
    exit code 1 and says why; the jobs that were not sent wait untouched. Bad are answers that fail a job's attempt;
    before full speed also those that do not, such as a 429. --brake alone begins at full speed.

    --results FILE gets a line of JSON for every job of the queue that has ended, whatever became of it, no later than
    half a second after. It is taken up where an earlier run left it. The last line of a job is the one that counts.
    """
    options = _Options(**given)
    signals = Signals(service=not options.until_empty, patient=options.supervised is not None)
    if options.supervised is None:
        _run(ctx, signals, options)
    else:
        _run_supervised(ctx, signals, options, options.supervised)


def _run(ctx: click.Context, signals: Signals, options: _Options) -> None:
    from worker import service
    from worker.cli.output import is_terminal
    from worker.cli.running import Asked, Run
    from worker.cli.setup import read_settings
    from worker.cli.supervising import Supervision, processes

    live = is_terminal() and not options.as_json
    settings = read_settings(ctx, options.flags, quiet=live)
    number = processes(settings)
    asked = Asked(options.until_empty, options.results, live)
    canary, load = _canary(options, number), _loader(ctx, options)
    run = (
        Run(load, asked, signals, canary)
        if number == 1
        else Supervision(load, _command(ctx, asked), asked, signals, number)
    )
    ending: Ending = service.run_async(lambda: run.work(settings))
    signals.end()
    ending.report(as_json=options.as_json)
    ctx.exit(ending.exit_code)


def _run_supervised(ctx: click.Context, signals: Signals, options: _Options, end: int) -> None:
    """One process of many: who started it watches, reports and speaks to people."""
    from worker import service
    from worker.cli.running import Asked, Run
    from worker.cli.setup import set_up_log
    from worker.supervisor.leash import Leash

    set_up_log(ctx, human=options.for_terminal)
    load = _loader(ctx, options)
    leash = Leash(end, service.system_clock())
    asked = Asked(options.until_empty, None, live=False)
    ending = service.run_async(lambda: Run(load, asked, signals, leash=leash).work(load()))
    signals.end()
    ctx.exit(ending.exit_code)


def _command(ctx: click.Context, asked: "Asked") -> list[str]:
    """How one process of many is started: with our config and flags, but for those that are this process's own."""
    from worker.supervisor.process import python

    config, level = ctx.obj["config"], ctx.obj["log_level"] or ("error" if asked.live else None)
    return [
        *python(),
        *(["--config", str(config)] if config else []),
        *(["--log-level", level] if level else []),
        "run",
        "--processes=1",
        *(["--until-empty"] if asked.until_empty else []),
        *(["--for-terminal"] if sys.stderr.isatty() else []),
    ]


def _loader(ctx: click.Context, options: _Options) -> "Callable[[], Settings]":
    import os

    from worker.settings.load import load

    return lambda: load(ctx.obj["config"], environ=os.environ, flags=options.flags)


def _canary(options: _Options, processes: int) -> "Canary | None":
    from worker.engine.canary import BRAKE, Canary
    from worker.errors import UsageError

    first, brake = options.canary, options.brake
    if first is None and brake is None:
        return None
    if processes > 1:
        given = "--brake" if first is None else "--canary"
        raise UsageError(f"{given} watches the answers of one process, and {processes} are to run: add --processes 1")
    return Canary(first, BRAKE if brake is None else brake)
