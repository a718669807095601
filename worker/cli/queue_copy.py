"""``preflight queue copy``: all that one store holds, taken over by another."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli import progress
from worker.cli.output import console, print_json, print_table, printable
from worker.cli.setup import set_up_log
from worker.errors import INTERRUPTED, StoreError, UsageError

if TYPE_CHECKING:
    from worker.engine.moving import Moved, Progress
    from worker.failure import Counts
    from worker.settings import QueueSettings


@click.command(
    epilog="""\b
Examples:
  preflight queue copy sqlite:///preflight.db 'postgresql://preflight:${env:DB_PASSWORD}@db.example/jobs'
  preflight queue copy sqlite:///preflight.db valkeys://queue.example --json
"""
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--json", "as_json", is_flag=True, help="One object with the counts.")
@click.pass_context
def command(ctx: click.Context, /, source: str, target: str, *, as_json: bool) -> None:
    """Copy all jobs, results, failures and pauses of the queue FROM to the queue TO.

    FROM and TO are URLs as in `queue.url`; `${env:NAME}` and `${file:PATH}` are replaced, so that no password need
    stand here. Stop the workers of both first: jobs in their hands are not copied. Both queues stand still while the
    copy is made, FROM afterwards too: worked again it would send its jobs a second time. `preflight lanes resume '*'`
    lets a queue go on whose copy is given up.

    An interrupted copy is taken up again by the same command: what is there already is skipped. Budgets are not copied:
    they begin anew. Exits with 1 where not all is as it should be.
    """
    from worker import service
    from worker.engine.moving import Progress

    set_up_log(ctx)
    queues = _queue("FROM", source), _queue("TO", target)
    done = Progress()
    try:
        moved, seconds = service.run_async(lambda: _copy(*queues, done))
    except (KeyboardInterrupt, asyncio.CancelledError):
        _interrupted(done)
        ctx.exit(INTERRUPTED)
    except StoreError:
        if done.total:
            _interrupted(done)
        raise
    if as_json:
        print_json(_json(moved, seconds))
    else:
        _tell(moved, seconds, queues[1].shown)
    _complain(moved)
    ctx.exit(0 if moved.complete else 1)


def _queue(name: str, given: str) -> "QueueSettings":
    """The queue that an argument names.

    Raises:
        UsageError: it names none, or one that ends with this command. What was given is not repeated: it may hold a
            password.
    """
    from worker.settings import QueueSettings
    from worker.settings.interpolation import interpolate
    from worker.settings.store_url import StoreUrl

    here = Path.cwd()
    try:
        url = StoreUrl().read(interpolate(given, os.environ, here), here)
    except ValueError as error:
        raise UsageError(f"{name} {error}") from error
    queue = QueueSettings(url=url)
    if queue.kind == "memory":
        raise UsageError(f"{name}: what is in memory ends with its process: name a store that lasts")
    return queue


async def _copy(source: "QueueSettings", target: "QueueSettings", done: "Progress") -> "tuple[Moved, float]":
    from worker import service
    from worker.engine.moving import Moving, Side
    from worker.service.store import is_made
    from worker.settings import Settings

    if not await is_made(source):
        raise UsageError(f"FROM: there is no queue at {source.shown}: correct the URL")
    clock = service.system_clock()
    service.tune()
    async with (
        service.open_store(Settings(queue=source), clock) as leaving,
        service.open_store(Settings(queue=target), clock) as coming,
    ):
        started = clock.monotonic()
        with progress.copying(f"copying to {target.shown}") as advance:
            moving = Moving(Side(leaving, source.shown), Side(coming, target.shown), done, advance)
            moved = await moving.run()
    return moved, clock.monotonic() - started


def _json(moved: "Moved", seconds: float) -> dict[str, Any]:
    done = moved.progress
    return {
        "jobs": done.jobs,
        "rejected": done.rejected,
        "copied": done.copied,
        "already_there": done.already_there,
        "conflicts": done.conflicts,
        "late": moved.late,
        "seconds": round(seconds, 3),
        "counts": {"from": _counts(moved.source), "to": _counts(moved.target)},
        "differences": [{"queue": url, **difference._asdict()} for url, difference in moved.differences],
    }


def _counts(counts: "Counts") -> dict[str, Any]:
    from worker.job import State

    return {
        "queue": {state.value: counts.states.get(state, 0) for state in State},
        "failures": {cause.value: failures for cause, failures in counts.failures.items() if failures},
    }


def _tell(moved: "Moved", seconds: float, target: str) -> None:
    done = moved.progress
    style = "green" if moved.complete else "yellow"
    console().print(
        f"[{style}]{done.jobs:,} jobs and {done.rejected:,} rejected rows: {done.copied:,} copied, "
        f"{done.already_there:,} there already[/] in {seconds:.1f} s"
    )
    if not moved.differences:
        click.echo(f"set queue.url to {target}; the old queue stands still and says so", err=True)


def _complain(moved: "Moved") -> None:
    """Say all that is not as it should be."""
    done = moved.progress
    if done.conflicts:
        ids = ", ".join(printable(id_) for id_ in done.conflicting)
        more = ", ..." if done.conflicts > len(done.conflicting) else ""
        click.echo(
            f"{done.conflicts:,} jobs were not copied: the new queue has other jobs under their ids: {ids}{more}",
            err=True,
        )
    if moved.late:
        click.echo(f"{moved.late:,} jobs or rejected rows came to the old queue meanwhile: run this again", err=True)
    if moved.differences:
        click.echo("the counts are not what they should be: both queues stand still; run this again", err=True)
        rows = [(url, one.kind, f"{one.expected:,}", f"{one.found:,}") for url, one in moved.differences]
        print_table(("queue", "jobs", "expected", "found"), rows, data=False)


def _interrupted(done: "Progress") -> None:
    click.echo(
        f"interrupted: {done.records:,} of {done.total:,} jobs and rejected rows are there; both queues stand still; "
        "run the same command to go on",
        err=True,
    )
