"""``preflight failures replay``: send failed jobs again, mended if need be."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli.failures_filter import chosen, filters, tell_unknown
from worker.cli.failures_queue import Passes, finish, sending, summarise
from worker.cli.setup import read_settings, with_ledger

if TYPE_CHECKING:
    from worker.engine.mending import Revision
    from worker.engine.replaying import Replay, Replayed
    from worker.ports import Ledger

_TOLD: Final = 5  # reasons that a person is shown of a selection: more of them are mostly the same again


@click.command(
    epilog="""\b
Examples:
  preflight failures replay --cause invalid --set body.qty=3 --yes
  preflight failures replay --id order-17 --set 'body.zip="10115"' --unset params.dry_run
  preflight failures replay --group 5f0c9a1e --patch mend.json
  preflight failures replay --cause timeout --since 2h --rate 10/s
"""
)
@filters()
@click.option("--set", "settings_", multiple=True, metavar="PLACE=VALUE", help="Change the job; may be repeated.")
@click.option("--unset", multiple=True, metavar="PLACE", help="Take a value out of the job; may be repeated.")
@click.option("--patch", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A JSON Patch (RFC 6902).")
@sending
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Send failed jobs again, after an edit if need be.

    A PLACE is body.NAME (deeper: body.items.0.qty), params.NAME, headers.NAME, cost.NAME, meta.NAME, key, priority,
    deadline or not_before. A VALUE is JSON, or else text. --patch is made after --set and --unset; its pointers start
    in the job: /body/qty. Jobs that are edited, and those that were refused for their content, are checked again; only
    those that pass are queued. Exits with 1 when some are still bad.
    """
    from worker.engine import replaying

    revise, settings, those = _revision(given), read_settings(ctx), chosen(given)
    unknown = with_ledger(settings, lambda ledger: tell_unknown(ledger, given["ids"]))
    told: list[str] = []

    async def run(ledger: "Ledger", into: "Replay") -> "Replayed":
        into.done.unknown = unknown
        return await replaying.replay(ledger, those, revise, into)

    passes = Passes(settings, run)
    planned = passes.count(lambda id_, reason: told.append(f"{id_}: {reason}") if len(told) < _TOLD else None)
    summarise(planned, told)
    finish(ctx, given, passes, planned)


def _revision(given: dict[str, Any]) -> "Revision | None":
    from worker.engine import change, patch
    from worker.engine.mending import revision

    changes = [change.setting(text) for text in given["settings_"]]
    changes += [change.unsetting(place) for place in given["unset"]]
    file = given["patch"]
    return revision(changes, patch.operations(file.read_bytes(), str(file)) if file else [])
