"""``preflight submit``: rows of a file onto the queue, durably, and safely again after an interruption."""

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli import progress, rows
from worker.cli.check import describe
from worker.cli.output import console, print_json
from worker.cli.setup import read_settings
from worker.errors import INTERRUPTED, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.engine.coercion import Changed
    from worker.engine.submission import Tally
    from worker.failure import Failure
    from worker.settings import Settings

_SHOWN: Final = 10  # bad rows that a person sees; all are in the ledger


@click.command(
    epilog="""\b
Examples:
  preflight submit orders.jsonl
  preflight submit orders.csv --operation createOrder --map amount=body.qty
  generate-orders | preflight submit - --check
"""
)
@click.argument("file", metavar="FILE|-")
@rows.options
@click.option("--check", "checked", is_flag=True, help="Validate first; bad rows are kept as failures, not queued.")
@click.option("--json", "as_json", is_flag=True, help="One object with the counts.")
@click.pass_context
def command(ctx: click.Context, /, file: str, *, checked: bool, as_json: bool, **given: Any) -> None:
    """Put the rows of FILE on the queue.

    Every row that is reported as accepted is on the disk, of this machine or of the store's server. Submitting the same
    file again adds nothing, so after an interruption simply run the same command again.
    """
    from worker import service

    settings = read_settings(ctx)
    if settings.queue.kind == "memory":
        raise UsageError("queue.url = memory:// ends with this command, and so would every job: name a sqlite:/// file")
    report = _Report(as_json=as_json)
    try:
        service.run_async(lambda: _submit(settings, file, given, report, checked=checked))
    except (KeyboardInterrupt, asyncio.CancelledError):
        report.interrupted()
        ctx.exit(INTERRUPTED)
    ctx.exit(1 if report.tally and report.tally.bad else 0)


class _Report:
    """What was done so far."""

    def __init__(self, *, as_json: bool) -> None:
        self.tally: Tally | None = None
        self._as_json = as_json
        self._told = 0

    def refused(self, failure: "Failure") -> None:
        self._told += 1
        if self._as_json or self._told > _SHOWN:
            return
        for line in describe(failure):
            click.echo(line, err=True)

    def interrupted(self) -> None:
        tally = self.tally
        accepted, known = (tally.accepted, tally.duplicates) if tally else (0, 0)
        if self._as_json and tally:
            print_json(self._counts(tally))
        told = f"{accepted:,} new rows are accepted, {known:,} were known"
        console().print(f"interrupted: {told}; run the same command to go on")

    @staticmethod
    def _counts(tally: "Tally") -> dict[str, int]:
        return {"rows": tally.rows, "accepted": tally.accepted, "duplicates": tally.duplicates, "bad": tally.bad}

    def finish(self, seconds: float, changed: "Sequence[Changed]") -> None:
        tally = self.tally
        assert tally is not None
        if self._as_json:
            print_json({**self._counts(tally), "seconds": round(seconds, 3), **rows.changed_json(changed)})
            return
        if self._told > _SHOWN:
            click.echo(f"... and {self._told - _SHOWN:,} more; `preflight failures list` shows all", err=True)
        rate = f", {tally.rows / seconds:,.0f} rows/s" if seconds > 0 else ""
        style = "yellow" if tally.bad else "green"
        console().print(
            f"[{style}]{tally.rows:,} rows: {tally.accepted:,} accepted, {tally.duplicates:,} known already, "
            f"{tally.bad:,} bad[/] in {seconds:.1f} s{rate}"
        )
        for line in rows.changed_lines(changed):
            click.echo(line, err=True)


async def _submit(settings: "Settings", file: str, given: dict[str, Any], report: _Report, *, checked: bool) -> None:
    from worker import service
    from worker.engine.submission import Submission
    from worker.intake.stream import Stream

    clock = service.system_clock()
    contracts = service.contracts(settings, os.environ)
    modes = (lambda api, operation: settings.apis[api].mode(operation)) if checked else None
    admission = rows.admission(contracts, clock, given, modes=modes, named=False)
    service.tune()
    started = clock.monotonic()
    stream = Stream(file, pausing=True)
    async with service.open_store(settings, clock) as store:
        submission = Submission(admission, store.queue, store.ledger, clock, report.refused)
        report.tally = submission.tally
        with progress.reading(f"submitting {file}", stream.size_bytes) as advance:
            async for tally in submission.run(rows.source(stream, given["form"])):
                advance(stream.position_bytes, tally.rows)
    stream.close()
    report.finish(clock.monotonic() - started, admission.changed)
