"""``preflight failures``: see why jobs failed, mend them, and send them again."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import orjson

from worker.cli import failures_show
from worker.cli.destination import destination
from worker.cli.output import print_json, print_table, printable
from worker.cli.setup import read_settings, with_ledger
from worker.clock import SystemClock, from_rfc3339
from worker.errors import UsageError
from worker.failure import Failure, Selection, failure_json
from worker.outcome import Cause

if TYPE_CHECKING:
    from worker.engine.mending import Chosen, Replayed
    from worker.ports import Ledger

_SHOWN: Final = 50
_COLUMNS: Final = ("id", "cause", "where", "pointer", "what is wrong", "what to do")
_GROUP_COLUMNS: Final = ("count", "cause", "api", "operation", "pointer", "rule", "what the API says", "example")


@click.group()
def command() -> None:
    """Browse the jobs that failed, mend them and send them again."""


command.add_command(failures_show.command, "show")


def _filters(function: Callable[..., None]) -> Callable[..., None]:
    """The options that choose failures; together they become a Selection."""
    options = (
        click.option(
            "--cause",
            type=click.Choice([cause.value for cause in Cause]),
            multiple=True,
            help="Only of this cause; may be repeated.",
        ),
        click.option("--api", help="Only of this API."),
        click.option("--operation", help="Only of this operation."),
        click.option("--status", type=int, help="Only those that the API answered with this status."),
        click.option("--since", metavar="WHEN", help='Only since 2026-12-31T08:00:00Z, or in the last "2h".'),
        click.option("--id", "ids", multiple=True, metavar="ID", help="Only this one; may be repeated."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _chosen(given: dict[str, Any]) -> "Chosen":
    from worker.engine.mending import Chosen

    now = SystemClock().now()
    since = _moment(given["since"], now) if given["since"] else None
    causes, ids = frozenset(map(Cause, given["cause"])), frozenset(given["ids"])
    selection = Selection(causes, given["api"], given["operation"], given["status"], since, ids)
    return Chosen(selection, now)


def _moment(text: str, now: float) -> float:
    from worker.settings.durations import parse_duration

    for read in (from_rfc3339, lambda text: now - parse_duration(text)):
        try:
            return read(text)
        except ValueError:
            continue
    raise UsageError(f"--since {text}: write a date and time with its offset (2026-12-31T08:00:00Z), or a time like 2h")


@command.command(
    "list",
    epilog="""\b
Examples:
  preflight failures list
  preflight failures list --group
  preflight failures list --cause invalid --since 2h --json | jq .problem.errors
""",
)
@_filters
@click.option("--group", is_flag=True, help="Count failures of the same kind.")
@click.option("--limit", type=click.IntRange(1), default=_SHOWN, show_default=True, help="Rows shown; --json has all.")
@click.option("--json", "as_json", is_flag=True, help="A failure record (or group) a line.")
@click.pass_context
def list_(ctx: click.Context, /, *, group: bool, limit: int, as_json: bool, **given: Any) -> None:
    """Show what failed: which row, what is wrong with it, and what to do."""
    settings, chosen = read_settings(ctx), _chosen(given)
    show = _show_groups if group else _show_each
    with_ledger(settings, lambda ledger: show(ledger, chosen, None if as_json else limit))


async def _show_each(ledger: "Ledger", chosen: "Chosen", limit: int | None) -> None:
    from worker.engine import mending

    rows, count = [], 0
    async for failure in mending.each(ledger, chosen):
        count += 1
        if limit is None:
            print_json(failure_json(failure))
        elif count <= limit:
            rows.append(_cells(failure))
    if limit is not None:
        _finish(_COLUMNS, rows, count)


async def _show_groups(ledger: "Ledger", chosen: "Chosen", limit: int | None) -> None:
    from worker.engine.grouping import groups

    made = await groups(ledger, chosen)
    if limit is not None:
        rows = [[f"{one.count:,}", *(part or "" for part in one.kind), one.example] for one in made.found[:limit]]
        _finish(_GROUP_COLUMNS, rows, len(made.found))
    else:
        for one in made.found:
            print_json({**one.kind._asdict(), "count": one.count, "example": one.example})
    if made.beyond:
        click.echo(f"{made.beyond:,} failures of further kinds are not told apart: give filters", err=True)


def _finish(columns: Sequence[str], rows: Sequence[Sequence[str]], count: int) -> None:
    if rows:
        print_table(columns, rows)
    more = f"... and {count - len(rows):,} more; --limit shows more, --group counts them by kind"
    if count != len(rows) or not rows:
        click.echo(more if rows else "no failures", err=True)


def _cells(failure: Failure) -> list[str]:
    source, problem = failure.source, failure.problem
    where = f"{source.file}:{source.line}" if source else ""
    if not problem.faults:
        return [failure.id, problem.cause.value, where, "", problem.detail or problem.title, ""]
    first, *others = problem.faults
    detail = f"{first.detail} (and {len(others)} more)" if others else first.detail
    return [failure.id, problem.cause.value, where, first.pointer, detail, first.hint or ""]


@command.command(
    epilog="""\b
Examples:
  preflight failures export > failures.jsonl
  preflight failures export --cause rejected --since 1d --output rejected.jsonl
"""
)
@_filters
@click.option("--output", type=click.Path(path_type=Path), help="A file, replaced when all is written; default stdout.")
@click.pass_context
def export(ctx: click.Context, /, output: Path | None, **given: Any) -> None:
    """Write a failure record a line (schemas/failure.schema.json)."""
    from worker.engine import mending

    settings, chosen = read_settings(ctx), _chosen(given)

    async def write(ledger: "Ledger") -> None:
        with destination(output) as out:
            async for failure in mending.each(ledger, chosen):
                out.write(orjson.dumps(failure_json(failure)) + b"\n")

    with_ledger(settings, write)


@command.command(
    epilog="""\b
Examples:
  preflight failures replay --cause invalid --set body.qty=3
  preflight failures replay --id order-17 --set 'body.zip="10115"' --unset params.dry_run
  preflight failures replay --cause timeout --since 2h
"""
)
@_filters
@click.option("--set", "settings_", multiple=True, metavar="PLACE=VALUE", help="Change the job; may be repeated.")
@click.option("--unset", multiple=True, metavar="PLACE", help="Take a value out of the job; may be repeated.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One object with the counts.")
@click.pass_context
def replay(ctx: click.Context, /, *, yes: bool, as_json: bool, **given: Any) -> None:
    """Send failed jobs again, after an edit if need be.

    A PLACE is body.NAME (deeper: body.items.0.qty), params.NAME, headers.NAME, cost.NAME, meta.NAME, key, priority,
    deadline or not_before. A VALUE is JSON, or else text. Jobs that are edited, and those that were refused for their
    content, are checked again; only those that pass are queued. Exits with 1 when some are still bad.
    """
    from worker import service
    from worker.engine import mending

    changes = [mending.setting(text) for text in given["settings_"]]
    changes += [mending.unsetting(place) for place in given["unset"]]
    settings, chosen = read_settings(ctx), _chosen(given)
    mender = mending.Mender(changes, service.contracts(settings, os.environ), settings.apis)
    planned = with_ledger(settings, lambda ledger: mending.replay(ledger, chosen, mender, only_count=True))
    _tell(planned)
    done = planned
    if planned.replayed:
        if not yes and sys.stdin.isatty() and not click.confirm(f"Queue {planned.replayed:,} jobs?", err=True):
            click.echo("nothing was queued", err=True)
            ctx.exit(1)
        done = with_ledger(settings, lambda ledger: mending.replay(ledger, chosen, mender))
        click.echo(f"{done.replayed:,} jobs are back on the queue; `preflight run` sends them", err=True)
    if as_json:
        print_json({name: value for name, value in asdict(done).items() if name != "reasons"})
    ctx.exit(0 if done.replayed == done.selected else 1)


def _tell(planned: "Replayed") -> None:
    """Say what is about to happen."""
    click.echo(
        f"{planned.selected:,} selected: {planned.changed:,} change, {planned.replayed:,} can be sent now, "
        f"{planned.still_bad:,} are still bad",
        err=True,
    )
    for id_, reason in planned.reasons:
        click.echo(printable(f"  {id_}: {reason}"), err=True)
    if planned.still_bad > len(planned.reasons):
        click.echo(f"  ... and {planned.still_bad - len(planned.reasons):,} more", err=True)
    if planned.rows:
        click.echo(f"  {planned.rows:,} never became jobs: correct their file and submit it again", err=True)


@command.command(
    epilog="""\b
Examples:
  preflight failures discard --id order-17
  preflight failures discard --cause expired --yes
"""
)
@_filters
@click.option("--all", "all_", is_flag=True, help="Every failure there is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def discard(ctx: click.Context, /, *, all_: bool, yes: bool, **given: Any) -> None:
    """Forget failures for good, with their history."""
    from worker.engine import mending

    chosen = _chosen(given)
    if all_ == (chosen.selection != Selection()):
        raise UsageError("say which failures: give filters such as --cause or --id, or --all and no filters")
    if not yes and not sys.stdin.isatty():
        raise UsageError("discarding cannot be undone: give --yes, since there is nobody to ask")
    settings = read_settings(ctx)
    if not yes:
        count = with_ledger(settings, lambda ledger: mending.count(ledger, chosen))
        click.confirm(f"Forget {count:,} failures for good?", abort=True, err=True)
    gone = with_ledger(settings, lambda ledger: mending.discard(ledger, chosen))
    click.echo(f"{gone:,} failures are forgotten", err=True)
