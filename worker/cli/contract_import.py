"""``preflight contract import``: an OpenAPI document out of a Postman collection."""

from pathlib import Path

import click
import orjson

from worker.cli.destination import destination
from worker.cli.output import printable
from worker.cli.setup import set_up_log
from worker.errors import ContractError, UsageError
from worker.settings.web import NAME


@click.command(
    epilog="""\b
Examples:
  preflight contract import shop.postman_collection.json -o shop.openapi.json
  preflight contract import shop.postman_collection.json --api shop | jq .paths
  preflight contract list --contract shop.openapi.json
"""
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file for the document; default stdout.")
@click.option("--api", metavar="NAME", help="What the config calls the API; default by the collection's name.")
@click.option("--server", metavar="URL", help="Only what goes there; default the server that most requests go to.")
@click.pass_context
def command(ctx: click.Context, /, file: Path, output: Path | None, api: str | None, server: str | None) -> None:
    """Make an OpenAPI 3.1 document out of a Postman collection (version 2.1).

    Schemas are inferred from the examples: they say what a job must have, and forbid nothing. What could not be read,
    and the lines that the config needs, are on standard error. No secret of the collection is written.
    """
    from worker.contract.postman.collection import read
    from worker.contract.postman.document import imported

    set_up_log(ctx)
    if api is not None:
        _check_name(api)
    collection = read(file)
    try:
        made = imported(collection, api, server, output.name if output else None)
    except ContractError as error:
        raise ContractError(f"{file}: {error}") from error
    with destination(output) as out:
        out.write(orjson.dumps(made.document, option=orjson.OPT_INDENT_2) + b"\n")
    click.echo(printable(f"{file}: {made.read}"), err=True)
    for reason in made.left_out:
        click.echo(printable(f"left out: {reason}"), err=True)
    for note in made.notes:
        click.echo(printable(f"note: {note}"), err=True)
    click.echo("\nadd to preflight.toml:\n", err=True)
    for line in made.config.splitlines():
        click.echo(printable(line), err=True)


def _check_name(api: str) -> None:
    try:
        NAME.read(api, Path())
    except ValueError as error:
        raise UsageError(f"--api {api} {error}") from error
