"""``preflight failures resolve``: a person says what became of parked jobs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from worker.cli.failures_filter import tell_unknown
from worker.cli.output import print_json, printable
from worker.cli.setup import read_settings, with_ledger
from worker.clock import SystemClock
from worker.errors import UsageError

if TYPE_CHECKING:
    from worker.ports import Ledger


@click.command(
    epilog="""\b
Examples:
  preflight failures list --cause unknown
  preflight failures resolve order-17 order-18 --delivered
  preflight failures resolve order-19 --retry
"""
)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--delivered", is_flag=True, help="The API did what they ask for.")
@click.option("--retry", is_flag=True, help="It did not: send them again.")
@click.option("--json", "as_json", is_flag=True, help="One object with the counts.")
@click.pass_context
def command(ctx: click.Context, /, ids: tuple[str, ...], *, delivered: bool, retry: bool, as_json: bool) -> None:
    """Say what became of parked jobs, such as those whose answer was lost.

    A job that was delivered gets a result without a status and a reply. One that is sent again keeps its history.
    Exits with 1 when an ID is no parked job.
    """
    if delivered == retry:
        raise UsageError("say what became of them: give --delivered or --retry")
    settings = read_settings(ctx)
    done = with_ledger(settings, lambda ledger: _resolve(ledger, ids, delivered=delivered))
    skipped = len(set(ids)) - done
    if done:
        told = "are delivered" if delivered else "are back on the queue; `preflight run` sends them"
        click.echo(f"{done:,} jobs {told}", err=True)
    if as_json:
        print_json({"delivered": done if delivered else 0, "retried": 0 if delivered else done, "skipped": skipped})
    ctx.exit(1 if skipped else 0)


async def _resolve(ledger: "Ledger", ids: Sequence[str], *, delivered: bool) -> int:
    """Resolve those jobs that are parked, and say which are not; how many were."""
    from worker.engine.choosing import by_id
    from worker.job import State
    from worker.ports import Edit

    await tell_unknown(ledger, ids)
    parked = []
    for failure in (await by_id(ledger, ids)).values():
        if failure.state is State.PARKED:
            parked.append(failure.id)
            continue
        what = "it never became a job" if failure.state is None else "it is dead, not parked: replay it, or discard it"
        click.echo(printable(f"{failure.id}: {what}"), err=True)
    if delivered:
        return await ledger.resolve(parked, SystemClock().now())
    return await ledger.replay([Edit(id_) for id_ in parked])
