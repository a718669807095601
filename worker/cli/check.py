"""``preflight check``: every row against its contract, at full speed, with nothing sent."""

import os
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli import progress, rows
from worker.cli.groups import COLUMNS, Groups
from worker.cli.output import console, print_json, print_table, printable
from worker.cli.setup import read_settings
from worker.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.engine.admission import Admission
    from worker.failure import Failure
    from worker.ports import Clock
    from worker.settings import Settings

_SHOWN: Final = 20  # bad rows, faults of each, and kinds of faults that a person sees unless asked for all
_EVERY: Final = 5000  # rows between two looks of the progress bar


@click.command(
    epilog="""\b
Examples:
  preflight check orders.jsonl
  preflight check orders.csv --operation createOrder --map amount=body.qty
  preflight check orders.jsonl --group
  zcat orders.jsonl.gz | preflight check - --json | jq .problem.detail
"""
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@rows.options
@click.option("--all", "show_all", is_flag=True, help="Show every bad row, not only the first 20.")
@click.option("--group", is_flag=True, help="Show kinds of faults instead of rows: how many rows, and the first three.")
@click.option("--json", "as_json", is_flag=True, help="One failure record per bad row, then a summary.")
@click.pass_context
def command(
    ctx: click.Context, /, files: tuple[str, ...], *, show_all: bool, group: bool, as_json: bool, **given: Any
) -> None:
    """Validate every row of FILEs without sending anything.

    Of more than 20 bad rows the first are shown, and then what is wrong with all of them, by kind of fault. Exits with
    0 when all rows are good, 1 when some are bad.
    """
    from worker import service

    if sum((show_all, group, as_json)) > 1:
        raise UsageError("--all, --group and --json show the same rows in three ways; give one of them")
    settings = read_settings(ctx)
    clock = service.system_clock()
    contracts = service.contracts(settings, os.environ)
    admission = rows.admission(contracts, clock, given, modes=lambda *_: "enforce", named=True)
    report = _Report(as_json=as_json, shown=None if show_all else 0 if group else _SHOWN)
    service.tune()
    started = clock.monotonic()
    for file in files:
        _check(file, given["form"], admission, report)
    report.finish(clock, started, admission)
    if report.bad and not as_json:
        for line in _sent_all_the_same(settings):
            click.echo(line, err=True)
    ctx.exit(1 if report.bad else 0)


class _Report:
    """What was found so far.

    Args:
        as_json: a record for each bad row, and no words.
        shown: bad rows that are shown one by one; 0 for kinds of faults only, None for all rows and no kinds.
    """

    def __init__(self, *, as_json: bool, shown: int | None) -> None:
        self.rows = 0
        self.bad = 0
        self._causes: Counter[str] = Counter()
        self._groups = Groups()
        self._as_json = as_json
        self._shown = shown

    def add(self, failure: "Failure") -> None:
        from worker.failure import failure_json

        self.bad += 1
        self._causes[failure.problem.cause.value] += 1
        if self._as_json:
            print_json(failure_json(failure))
            return
        if self._shown is not None:
            self._groups.add(failure)
        if self._shown is None or self.bad <= self._shown:
            for line in describe(failure, None if self._shown is None else _SHOWN):
                click.echo(line)

    def finish(self, clock: "Clock", started: float, admission: "Admission") -> None:
        seconds = round(clock.monotonic() - started, 3)
        summary = {"rows": self.rows, "valid": self.rows - self.bad, "bad": self.bad}
        if self._as_json:
            counts = {"causes": dict(self._causes), "seconds": seconds}
            print_json({"summary": summary | counts | rows.changed_json(admission.changed)})
            return
        if self._shown is not None and self.bad > self._shown:
            self._print_groups(self._shown)
        causes = ", ".join(f"{count:,} {cause}" for cause, count in self._causes.most_common())
        told = f"{self.bad:,} bad ({causes})" if self.bad else "none bad"
        style = "yellow" if self.bad else "green"
        console().print(f"[{style}]{self.rows:,} rows: {self.rows - self.bad:,} valid, {told}[/] in {seconds:.1f} s")
        for line in (*rows.changed_lines(admission.changed), *_deprecated(admission)):
            click.echo(line, err=True)

    def _print_groups(self, shown: int) -> None:
        if shown:
            click.echo(
                f"... and {self.bad - shown:,} more bad rows; --all shows them\n\nall {self.bad:,} by kind of fault:"
            )
        cells = self._groups.cells(shown or None)
        print_table(COLUMNS, cells)
        if len(self._groups) > len(cells):
            click.echo(f"... and {len(self._groups) - len(cells):,} more kinds; --group shows them")
        if self._groups.overflow is not None:
            click.echo(self._groups.overflow)


def _sent_all_the_same(settings: "Settings") -> "Iterator[str]":
    """Whose jobs are sent although they are bad."""
    for api in settings.apis.values():
        modes = {api.validation, *(one.validation for one in api.operations.values())}
        for mode in sorted(modes & {"warn", "off"}, key=str):
            yield f'note: where {api.name} has validation = "{mode}", jobs that can be written are sent all the same'


def _deprecated(admission: "Admission") -> "Iterator[str]":
    """What works still, and may not for long: no fault of anybody's."""
    for (api, operation, name), count in sorted(admission.deprecated.items()):
        what = f"parameter {name!r} of {api}/{operation}" if name else f"operation {api}/{operation}"
        yield f"note: {what} is deprecated ({count:,} {'row' if count == 1 else 'rows'})"


def _check(file: str, form: str | None, admission: "Admission", report: _Report) -> None:
    from worker.intake.stream import Stream

    stream = Stream(file)
    source = rows.source(stream, form)
    with progress.reading(f"checking {file}", stream.size_bytes) as advance:
        for row in source.rows:
            report.rows += 1
            failure = admission.failure(row, file, tabular=source.tabular)
            if failure is not None:
                report.add(failure)
            if not report.rows % _EVERY:
                advance(stream.position_bytes, report.rows)
    stream.close()


def describe(failure: "Failure", limit: int | None = None) -> list[str]:
    """A bad row as a person reads it: where it is, then a line for each thing that is wrong with it.

    Args:
        failure: what became of the row.
        limit: faults that are told; None for all.
    """
    where = f"{failure.source.file}:{failure.source.line}" if failure.source else failure.id
    name = "" if failure.id.startswith("row-") else f" {failure.id}"
    lines = [f"{where}{name}: {failure.problem.cause.value}: {failure.problem.title}"]
    for fault in failure.problem.faults[:limit]:
        hint = f" ({fault.hint})" if fault.hint else ""
        lines.append(f"    {fault.pointer}: {fault.detail}{hint}")
    if limit is not None and (more := len(failure.problem.faults) - limit) > 0:
        lines.append(f"    ... and {more:,} more faults in this row; --all shows them")
    return [printable(line) for line in lines]
