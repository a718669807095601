"""``preflight failures discard``: forget failures for good."""

import sys
from typing import Any

import click

from worker.cli.failures_filter import chosen, filters, tell_unknown
from worker.cli.setup import read_settings, with_ledger
from worker.errors import UsageError


@click.command(
    epilog="""\b
Examples:
  preflight failures discard --id order-17
  preflight failures discard --cause expired --yes
"""
)
@filters()
@click.option("--all", "all_", is_flag=True, help="Every failure there is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def command(ctx: click.Context, /, *, all_: bool, yes: bool, **given: Any) -> None:
    """Forget failures for good, with their history."""
    from worker.engine import choosing

    those = chosen(given)
    if all_ == any(value not in (None, ()) for value in given.values()):
        raise UsageError("say which failures: give filters such as --cause or --id, or --all and no filters")
    if not yes and not sys.stdin.isatty():
        raise UsageError("discarding cannot be undone: give --yes, since there is nobody to ask")
    settings = read_settings(ctx)
    unknown = with_ledger(settings, lambda ledger: tell_unknown(ledger, given["ids"]))
    if not yes:
        count = with_ledger(settings, lambda ledger: choosing.count(ledger, those))
        click.confirm(f"Forget {count:,} failures for good?", abort=True, err=True)
    gone = with_ledger(settings, lambda ledger: choosing.discard(ledger, those))
    click.echo(f"{gone:,} failures are forgotten", err=True)
    ctx.exit(1 if unknown else 0)
