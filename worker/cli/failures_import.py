"""``preflight failures import``: send failed jobs again as an edited export has them."""

from typing import TYPE_CHECKING, Any

import click

from worker.cli.failures_queue import Passes, finish, sending, summarise
from worker.cli.output import printable
from worker.cli.setup import read_settings

if TYPE_CHECKING:
    from worker.engine.replaying import Replay, Replayed
    from worker.ports import Ledger


@click.command(
    "import",
    epilog="""\b
Examples:
  preflight failures export --cause invalid > bad.jsonl
  $EDITOR bad.jsonl
  preflight failures import bad.jsonl
""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@sending
@click.pass_context
def command(ctx: click.Context, /, file: str, **given: Any) -> None:
    """Send failed jobs again as an edited export has them.

    FILE has failure records as `failures export` writes them; the `job` of each line takes the place of what the job
    was. Values that the export shows as [redacted] stay what they are. Every line that cannot be sent is named with
    the reason; the others are queued. Lines that are left out stay failures. Exits with 1 when some are still bad.
    """
    from worker.engine.edited import replay_edited
    from worker.intake import jsonl
    from worker.intake.stream import Stream

    settings = read_settings(ctx)

    async def run(ledger: "Ledger", into: "Replay") -> "Replayed":
        stream = Stream(file)
        try:
            return await replay_edited(ledger, jsonl.rows(stream), file, into)
        finally:
            stream.close()

    passes = Passes(settings, run)
    planned = passes.count(lambda where, reason: click.echo(printable(f"{where}: {reason}"), err=True))
    summarise(planned, ())
    finish(ctx, given, passes, planned)
