"""``preflight demo``: the whole story against the built-in sandbox."""

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli.output import console, is_terminal, print_json
from worker.cli.setup import set_up_log
from worker.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.table import Table

    from worker.demo.story import Report
    from worker.engine.tally import RunTally
    from worker.job import Stop
    from worker.service import Work

_NEVER: Final = ("400", "401", "415", "422", "429")
_EXAMPLE_CHARS: Final = 90
_WHAT_WE_DID: Final = {
    "malformed": "refused before sending",
    "missing": "refused before sending",
    "invalid": "refused before sending",
    "unauthorised": "refused before sending",
    "rate_limited": "can never fit its budget",
    "rejected": "the API said no; not tried again",
}


@click.command(
    epilog="""\b
Examples:
  preflight demo
  preflight demo --keep demo && cd demo && preflight failures list
"""
)
@click.option("--jobs", default=5000, show_default=True, type=click.IntRange(1, 1_000_000), help="How many orders.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="FOLDER", help="Keep config, orders and queue there.")
@click.option("--json", "as_json", is_flag=True, help="One object with the counts.")
@click.pass_context
def command(ctx: click.Context, /, *, jobs: int, keep: Path | None, as_json: bool) -> None:
    """Start a practice API, send it orders of which some are broken, show what became of each, mend and resend.

    Takes about 15 seconds: the practice API allows 600 requests a second, and none is sent that it would refuse.
    """
    from worker import service
    from worker.demo.story import Story

    set_up_log(ctx, quiet=True)
    live = is_terminal() and not as_json
    with _folder(keep) as folder:
        story = Story(folder, service.system_clock(), _say if not as_json else lambda _: None, _display(live=live))
        report = service.run_async(lambda: story.tell(jobs))
    if as_json:
        print_json(report.as_json())
    else:
        _print(report, keep)
    told_well = report.delivered and not any(report.sandbox.get(status) for status in _NEVER)
    ctx.exit(0 if told_well else 1)


@dataclass(frozen=True, slots=True)
class _Working:
    """What the display shows of the story's worker."""

    tally: "RunTally"
    work: "Work"
    away: None = None
    elsewhere: int = 0
    crew: str = ""

    @property
    def in_flight(self) -> int:
        """Requests on their way."""
        return self.work.runner.in_flight

    @property
    def stops(self) -> "Sequence[Stop]":
        """All that stands still now."""
        return self.work.gates.stops()


@contextmanager
def _folder(keep: Path | None) -> "Iterator[Path]":
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="preflight-demo-") as made:
            yield Path(made)
        return
    if keep.exists() and any(keep.iterdir()):
        raise UsageError(f"--keep {keep}: the folder is not empty; name a new one")
    yield keep


def _display(*, live: bool) -> Any:
    if not live:
        return None
    from worker.cli.display import display

    return lambda tally, work, total, clock: display(_Working(tally, work), total, clock)


def _say(text: str) -> None:
    console().print(f"[dim]$[/] [bold]{text}[/]")


def _print(report: "Report", keep: Path | None) -> None:
    out = console(data=True)
    out.print()
    refused = sum(report.refused.values())
    out.print(
        f"[bold]{report.submitted:,} orders[/]: [green]{report.delivered:,} delivered[/], "
        f"[yellow]{refused:,} refused before sending[/], {report.dead:,} dead ({report.jobs_per_s:,.0f} jobs/s)"
    )
    out.print(f"{report.retried:,} attempts failed on the way (500, 503, lost answers), {report.recovered:,} recovered")
    out.print()
    out.print(_table(report))
    told = ", ".join(f"{count:,} x {status}" for status, count in sorted(report.sandbox.items()))
    out.print(f"The API counted {told}")
    bad = sum(report.sandbox.get(status, 0) for status in _NEVER)
    out.print(f"[{'red' if bad else 'green'}]{bad} requests that it had to answer with {', '.join(_NEVER)}[/]")
    out.print(f"[green]{report.replayed:,} mended with `failures replay --set`, and delivered[/]")
    if keep:
        out.print(f"Look around: cd {keep}, then preflight status, preflight failures list")


def _table(report: "Report") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("cause", no_wrap=True)
    table.add_column("jobs", justify="right")
    table.add_column("what happened", no_wrap=True)
    table.add_column("for example")
    for cause in sorted(report.causes, key=lambda one: list(_WHAT_WE_DID).index(one) if one in _WHAT_WE_DID else 99):
        table.add_row(cause, f"{report.causes[cause]:,}", _WHAT_WE_DID.get(cause, "gave up"), _example(report, cause))
    return table


def _example(report: "Report", cause: str) -> str:
    failure = report.examples.get(cause)
    if failure is None:
        return ""
    faults = failure.problem.faults
    hint = f" ({faults[0].hint})" if faults and faults[0].hint else ""
    text = f"{faults[0].pointer}: {faults[0].detail}{hint}" if faults else failure.problem.detail
    return text if len(text) <= _EXAMPLE_CHARS else f"{text[: _EXAMPLE_CHARS - 3]}..."
