"""``preflight contract``: what an API accepts, and whether its contract is fit for use."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import orjson

from worker.cli import contract_import
from worker.cli.output import console, print_json, print_table, printable
from worker.cli.setup import read_settings, set_up_log
from worker.errors import UsageError

if TYPE_CHECKING:
    from worker.contract.contract import Contract
    from worker.contract.operation import Operation

_COLUMNS: Final = ("api", "operation", "method", "path", "params", "body", "summary")


@click.group()
def command() -> None:
    """Look into contracts: operations, what each accepts, what is wrong with them."""


command.add_command(contract_import.command, "import")


def _source(function: Any) -> Any:
    """The options that say which contracts are meant."""
    file = click.option(
        "--contract", "file", type=click.Path(path_type=Path), help="An OpenAPI document, instead of the config's."
    )
    return click.option("--api", help="Of this API only.")(file(function))


def _contracts(ctx: click.Context, file: Path | None, api: str | None) -> "dict[str, tuple[str, Contract]]":
    """Base URLs and contracts by API; a document that was named itself is the API called as ``--api`` says."""
    from worker import service
    from worker.contract import contract
    from worker.contract.explain import suggest

    if file is not None:
        set_up_log(ctx)
        return {api or "": ("", contract.from_document(file))}
    settings = read_settings(ctx)
    if api is not None and api not in settings.apis:
        raise UsageError(f"--api {api}: the config has no such API; {suggest(api, list(settings.apis))}")
    found = service.contracts(settings, os.environ)
    chosen = {name: one for name, one in found.items() if api in {None, name}}
    return {name: (service.base_url(settings.apis[name], one), one) for name, one in chosen.items()}


@command.command(
    "list",
    epilog="""\b
Examples:
  preflight contract list
  preflight contract list --contract shop.openapi.yaml --json | jq -r .name
""",
)
@_source
@click.option("--json", "as_json", is_flag=True, help="One JSON object per operation.")
@click.pass_context
def list_(ctx: click.Context, /, api: str | None, file: Path | None, *, as_json: bool) -> None:
    """List every operation."""
    found = _contracts(ctx, file, api)
    rows = [_row(name, one) for name, (_, contract) in found.items() for one in contract.operations.values()]
    if as_json:
        for row in rows:
            print_json(row)
        return
    keys = ("api", "name", "method", "path")
    print_table(
        _COLUMNS,
        [
            [*(row[key] for key in keys), str(row["params"]), "yes" if row["body"] else "no", row["summary"]]
            for row in rows
        ],
    )


def _row(api: str, operation: "Operation") -> dict[str, Any]:
    return {
        "api": api,
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "params": len(operation.parameters),
        "body": operation.body is not None,
        "summary": operation.summary,
        "unusable": operation.unusable,
    }


@command.command(
    epilog="""\b
Examples:
  preflight contract show createOrder
  preflight contract show createOrder --json | jq -c .example >> orders.jsonl
"""
)
@click.argument("operation")
@_source
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def show(ctx: click.Context, /, operation: str, api: str | None, file: Path | None, *, as_json: bool) -> None:
    """Show what OPERATION accepts: its URL, parameters and body, and a job that is valid."""
    from worker.cli import contract_show

    name, base_url, contract = _of(operation, _contracts(ctx, file, api))
    endpoint = contract.endpoint(operation)
    assert endpoint is not None  # _of found it
    one = endpoint.operation  # as jobs are held to it: what the config sends is not asked of them
    job = contract_show.job(name, operation, contract)
    if as_json:
        shown = {**_row(name, one), "url": f"{base_url}{one.path}"}
        print_json({**shown, **contract_show.parts_json(one, contract), "example": job})
        return
    click.echo(printable(f"{one.method} {base_url}{one.path}"))
    for line in contract_show.lines(one, contract, console(data=True).width):
        click.echo(printable(line))
    _print_example(job)


def _of(operation: str, found: "Mapping[str, tuple[str, Contract]]") -> "tuple[str, str, Contract]":
    """The API that has an operation."""
    having = [(name, *one) for name, one in found.items() if operation in one[1].operations]
    if len(having) == 1:
        return having[0]
    if having:
        raise UsageError(f"{', '.join(name for name, *_ in having)} all have an operation {operation!r}: give --api")
    from worker.contract.explain import suggest

    known = [name for _, contract in found.values() for name in contract.operations]
    raise UsageError(f"there is no operation {operation!r}; {suggest(operation, known)}")


def _print_example(job: dict[str, Any] | None) -> None:
    if job is None:
        click.echo("no example: none that is valid could be made of the schemas", err=True)
        return
    click.echo("example:")
    click.echo(printable(orjson.dumps(job).decode()))


@command.command(
    epilog="""\b
Examples:
  preflight contract lint shop.openapi.yaml
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per finding.")
@click.pass_context
def lint(ctx: click.Context, /, file: Path, *, as_json: bool) -> None:
    """Compile every operation of an OpenAPI document, and list what cannot be used or will hurt later.

    Exits with 1 when some operation cannot be used.
    """
    from dataclasses import asdict

    from worker.contract.lint import lint as read

    set_up_log(ctx)
    report = read(file)
    for finding in report.findings:
        if as_json:
            print_json(asdict(finding))
            continue
        kind = "cannot be used" if finding.unusable else "will hurt"
        where = f"{finding.operation or file} ({finding.pointer})"
        click.echo(printable(f"{where}: {kind}: {finding.detail} ({finding.hint})"))
    hurting = len(report.findings) - report.unusable
    told = f"{report.unusable:,} findings keep operations from being used, {hurting:,} will hurt"
    click.echo(f"{file}: {report.operations:,} operations; {told}", err=True)
    ctx.exit(1 if report.unusable else 0)
