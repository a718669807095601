"""``preflight queue migrate``: the store's schema becomes the one that this version works with."""

from typing import TYPE_CHECKING, Final

import click

from worker.cli.output import print_json
from worker.cli.setup import read_settings

if TYPE_CHECKING:
    from worker.settings.store_url import Kind

_NOTHING: "Final[dict[Kind, str]]" = {
    "sqlite": "a SQLite file is brought up to this version whenever it is opened",
    "valkey": "there is no schema in Valkey and Redis",
    "memory": "what is in memory has no schema",
}


@click.command(
    epilog="""\b
Examples:
  preflight queue migrate
  preflight queue migrate --json
"""
)
@click.option("--json", "as_json", is_flag=True, help="One object with the versions.")
@click.pass_context
def command(ctx: click.Context, /, *, as_json: bool) -> None:
    """Bring the schema of a PostgreSQL queue up to this version; other stores need nothing.

    Done once after an upgrade, before workers of the new version start. Safe to repeat, and to run twice at a time.
    """
    from worker import service
    from worker.service.store import migrate

    settings = read_settings(ctx)
    queue = settings.queue
    if queue.kind != "postgres":
        if as_json:
            print_json({"store": queue.kind, "before": None, "after": None})
        click.echo(f"nothing to do: {_NOTHING[queue.kind]}", err=True)
        return
    before, after = service.run_async(lambda: migrate(queue))
    if as_json:
        print_json({"store": queue.kind, "before": before, "after": after})
    elif before == after:
        click.echo(f"nothing to do: {queue.shown} has schema version {after}", err=True)
    else:
        click.echo(f"{queue.shown} has schema version {after} now; it had {before or 'none'}", err=True)
