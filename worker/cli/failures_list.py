"""``preflight failures list``: what failed, one by one or by kind."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli.check import describe
from worker.cli.failures_filter import KINDS, chosen, filters
from worker.cli.output import console, print_json, print_table, printable
from worker.cli.setup import read_settings, with_ledger
from worker.failure import Failure, failure_json

if TYPE_CHECKING:
    from worker.engine.choosing import Chosen
    from worker.ports import Ledger

_SHOWN: Final = 50
_COLUMNS: Final = ("id", "cause", "where", "pointer", "what is wrong", "what to do")
_TABLE_WIDTH: Final = 160  # characters of a line; on a narrower terminal six columns are hard to read
_GROUP_COLUMNS: Final = (
    "group", "count", "cause", "api", "operation", "pointer", "rule", "what the API says", "example",
)  # fmt: skip


@click.command(
    "list",
    epilog="""\b
Examples:
  preflight failures list
  preflight failures list --group
  preflight failures list --group 5f0c9a1e --meta customer=Ada
  preflight failures list --cause invalid --since 2h --json | jq .problem.errors
""",
)
@filters(kinds=True)
@click.option("--limit", type=click.IntRange(1), default=_SHOWN, show_default=True, help="Rows shown; --json has all.")
@click.option("--json", "as_json", is_flag=True, help="A failure record (or group) a line.")
@click.pass_context
def command(ctx: click.Context, /, *, limit: int, as_json: bool, **given: Any) -> None:
    """Show what failed: which row, what is wrong with it, and what to do."""
    settings, those = read_settings(ctx), chosen(given)
    most = None if as_json else limit
    if given["group"] == KINDS:
        with_ledger(settings, lambda ledger: _show_groups(ledger, those._replace(group=None), most))
    else:
        with_ledger(settings, lambda ledger: _show_each(ledger, those, most))


async def _show_each(ledger: "Ledger", those: "Chosen", limit: int | None) -> None:
    from worker.engine import choosing

    shown: list[Failure] = []
    count = 0
    async for failure in choosing.each(ledger, those):
        count += 1
        if limit is None:
            print_json(failure_json(failure))
        elif count <= limit:
            shown.append(failure)
    if limit is None:
        return
    if sys.stdout.isatty() and console(data=True).width < _TABLE_WIDTH:
        for failure in shown:
            click.echo("\n".join(_two_lines(failure)))
    elif shown:
        print_table(_COLUMNS, [_cells(failure) for failure in shown])
    _say_more(len(shown), count)


async def _show_groups(ledger: "Ledger", those: "Chosen", limit: int | None) -> None:
    from worker.engine.grouping import groups

    made = await groups(ledger, those)
    if limit is None:
        for one in made.found:
            print_json({"group": one.kind.id, **one.kind._asdict(), "count": one.count, "example": one.example})
    else:
        shown = made.found[:limit]
        rows = [[one.kind.id, f"{one.count:,}", *(part or "" for part in one.kind), one.example] for one in shown]
        if rows:
            print_table(_GROUP_COLUMNS, rows)
        _say_more(len(rows), len(made.found))
    if made.beyond:
        click.echo(f"{made.beyond:,} failures of further kinds are not told apart: give filters", err=True)


def _say_more(shown: int, count: int) -> None:
    if not shown:
        click.echo("no failures", err=True)
    elif count != shown:
        click.echo(f"... and {count - shown:,} more; --limit shows more, --group counts them by kind", err=True)


def _cells(failure: Failure) -> list[str]:
    where = f"{failure.source.file}:{failure.source.line}" if failure.source else ""
    return [failure.id, failure.problem.cause.value, where, *_wrong(failure)]


def _two_lines(failure: Failure) -> Sequence[str]:
    """As ``check`` says it: where it is and what that means, then the first thing that is wrong."""
    pointer, detail, hint = _wrong(failure)
    place, remedy = f"{pointer}: " if pointer else "", f" ({hint})" if hint else ""
    return describe(failure, 0)[0], printable(f"    {place}{detail}{remedy}")


def _wrong(failure: Failure) -> tuple[str, str, str]:
    """Where, what, and what to do: of the first fault, or of the failure as a whole."""
    problem = failure.problem
    if not problem.faults:
        return "", problem.detail or problem.title, ""
    first, *others = problem.faults
    return first.pointer, f"{first.detail} (and {len(others)} more)" if others else first.detail, first.hint or ""
