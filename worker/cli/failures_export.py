"""``preflight failures export``: a failure record a line."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from worker.cli.destination import destination
from worker.cli.failures_filter import chosen, filters
from worker.cli.setup import read_settings, with_ledger
from worker.failure import failure_json

if TYPE_CHECKING:
    from worker.ports import Ledger


@click.command(
    epilog="""\b
Examples:
  preflight failures export > failures.jsonl
  preflight failures export --cause rejected --since 1d --output rejected.jsonl
"""
)
@filters()
@click.option("--output", type=click.Path(path_type=Path), help="A file, replaced when all is written; default stdout.")
@click.pass_context
def command(ctx: click.Context, /, output: Path | None, **given: Any) -> None:
    """Write a failure record a line (schemas/failure.schema.json); edited, `failures import` reads it back."""
    from worker.engine import choosing

    settings, those = read_settings(ctx), chosen(given)

    async def write(ledger: "Ledger") -> None:
        with destination(output) as out:
            async for failure in choosing.each(ledger, those):
                out.write(orjson.dumps(failure_json(failure)) + b"\n")

    with_ledger(settings, write)
