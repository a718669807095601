"""What sends failed jobs again: counted first, then asked, then done."""

import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from worker.cli.output import print_json, printable
from worker.cli.setup import with_ledger
from worker.clock import SystemClock
from worker.errors import UsageError

if TYPE_CHECKING:
    from worker.engine.replaying import Replay, Replayed, Spread
    from worker.ports import Ledger
    from worker.settings import Settings


def _rate(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Jobs in a second of ``10/s`` or ``600/1m``; None where all are to go at once.

    Raises:
        UsageError: it is no rate.
    """
    from worker.settings.durations import parse_duration

    if text is None:
        return None
    count, slash, time = text.partition("/")
    try:
        per_s = float(count) / parse_duration(time if time[:1].isdigit() else f"1{time}")
    except (ValueError, ZeroDivisionError):
        per_s = 0.0
    if not slash or not 0 < per_s < float("inf"):
        raise UsageError(f"--rate {text}: write a number of jobs and a time, such as 10/s or 600/1m")
    return per_s


def sending(function: Callable[..., None]) -> Callable[..., None]:
    """The options of commands that queue jobs."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One object with the counts."),
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option(
            "--rate", callback=_rate, metavar="N/TIME", help="Let so many become ready in a time: 10/s, 600/1m."
        ),
    ):
        function = option(function)
    return function


class Passes:
    """Passes over the same failures: one that counts, and one that queues."""

    def __init__(self, settings: "Settings", run: "Callable[[Ledger, Replay], Awaitable[Replayed]]") -> None:
        from worker import service
        from worker.engine.mending import Mender

        self._settings = settings
        self._run = run
        self._mender = Mender(service.contracts(settings, os.environ), settings.apis)

    def count(self, tell: Callable[[str, str], None]) -> "Replayed":
        """What would be done."""
        return self._pass(tell, None, only_count=True)

    def queue(self, spread: "Spread | None") -> "Replayed":
        """Do it. All has been told when it was counted."""
        return self._pass(lambda *_: None, spread, only_count=False)

    def _pass(self, tell: Callable[[str, str], None], spread: "Spread | None", *, only_count: bool) -> "Replayed":
        from worker.engine.replaying import Replay

        return with_ledger(
            self._settings,
            lambda ledger: self._run(ledger, Replay(ledger, self._mender, tell, spread, only_count=only_count)),
        )


def finish(ctx: click.Context, given: dict[str, Any], passes: Passes, planned: "Replayed") -> None:
    """Ask, queue what can be sent, and say what was done."""
    from worker.engine.replaying import Spread

    done = planned
    if planned.replayed:
        if not given["yes"] and sys.stdin.isatty() and not click.confirm(f"Queue {planned.replayed:,} jobs?", err=True):
            click.echo("nothing was queued", err=True)
            ctx.exit(1)
        done = passes.queue(Spread(SystemClock().now(), rate) if (rate := given["rate"]) else None)
        click.echo(f"{done.replayed:,} jobs are back on the queue; `preflight run` sends them", err=True)
    if given["as_json"]:
        print_json(asdict(done))
    ctx.exit(0 if done.complete else 1)


def summarise(planned: "Replayed", told: Sequence[str]) -> None:
    """Say what is about to happen."""
    click.echo(
        f"{planned.selected:,} selected: {planned.changed:,} change, {planned.replayed:,} can be sent now, "
        f"{planned.still_bad:,} are still bad",
        err=True,
    )
    for reason in told:
        click.echo(printable(f"  {reason}"), err=True)
    if told and planned.still_bad > len(told):
        click.echo(f"  ... and {planned.still_bad - len(told):,} more", err=True)
    if planned.rows:
        click.echo(f"  {planned.rows:,} never became jobs: correct their file and submit it again", err=True)
