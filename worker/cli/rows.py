"""The options that commands share which read files of jobs, and what becomes of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from worker.errors import UsageError

if TYPE_CHECKING:
    from worker.contract.contract import Contract
    from worker.engine.admission import Admission, Modes
    from worker.engine.coercion import Changed
    from worker.engine.submission import Source
    from worker.intake.stream import Stream
    from worker.ports import Clock

F = TypeVar("F", bound=Callable[..., Any])

_TABULAR: Final = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_SHOWN: Final = 10  # places with changed values that a person sees


def options(command: F) -> F:
    """``--api --operation --map --format --coerce --trim``."""
    for add in (
        click.option("--trim", is_flag=True, help="Take blanks off both ends of text; with --coerce, or for CSV."),
        click.option(
            "--coerce",
            "objects",
            is_flag=True,
            help="Turn text into the contract's types where nothing is lost: CSV always.",
        ),
        click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), help="Default: by the file's name."),
        click.option("--map", "mapping", multiple=True, metavar="COLUMN=PLACE", help="Where a CSV column goes."),
        click.option("--operation", help="For rows that name none."),
        click.option("--api", help="For rows that name none; not needed where the config has one API."),
    ):
        command = add(command)
    return command


def admission(
    contracts: Mapping[str, "Contract"],
    clock: "Clock",
    given: Mapping[str, Any],
    *,
    modes: "Modes | None",
    named: bool,
) -> "Admission":
    """What decides about rows, as the options say.

    Args:
        contracts: by API.
        clock: for the moment of failures.
        given: the values of ``options``.
        modes: how strictly rows are held against their contract too; None does not.
        named: call failures by the id of their row.

    Raises:
        UsageError: ``--api`` or ``--operation`` names something that is not there.
    """
    from worker.engine.admission import Admission
    from worker.engine.coercion import Coercion
    from worker.engine.columns import Columns
    from worker.settings.callback_apis import is_callback_api

    api, operation = given["api"], given["operation"]
    if api is not None and api not in contracts:
        raise UsageError(f"--api {api}: the config has no such API; it has {', '.join(contracts)}")
    named_in_config = [name for name in contracts if not is_callback_api(name)]
    default = api or (named_in_config[0] if len(named_in_config) == 1 else None)
    if operation and default and operation not in contracts[default].operations:
        raise UsageError(f"--operation {operation}: {default} has none; {contracts[default].suggestion(operation)}")
    columns = Columns(_pairs(given["mapping"]), operation, contracts, trim=given["trim"])
    coercion = Coercion(contracts, objects=given["objects"], trim=given["trim"])
    return Admission(contracts, default, columns, coercion, clock, modes=modes, named=named)


def source(stream: "Stream", form: str | None) -> "Source":
    """The rows of an open stream, in the format that was named or that the file's name tells."""
    from worker.engine.submission import Source
    from worker.intake import delimited, jsonl

    tabular = form == "csv" or (form is None and stream.name.lower().endswith(_TABULAR))
    return Source(stream.name, delimited.rows(stream) if tabular else jsonl.rows(stream), tabular)


def changed_json(changed: "Sequence[Changed]") -> dict[str, Any]:
    """What a summary in JSON says about changed values: nothing where there are none."""
    groups = [
        {
            "operation": one.operation,
            "pointer": one.pointer,
            "from": "text",
            "to": one.to,
            "count": one.count,
            "lines": one.lines,
        }
        for one in changed
    ]
    return {"coerced": groups} if groups else {}


def changed_lines(changed: "Sequence[Changed]") -> Iterator[str]:
    """What a person is told about changed values."""
    if changed:
        yield f"coerced {_values(sum(one.count for one in changed))}:"
    for one in changed[:_SHOWN]:
        lines = f"line{'s' if len(one.lines) > 1 else ''} {', '.join(f'{line:,}' for line in one.lines)}"
        yield f"  {one.operation} {one.pointer}: text to {one.to} ({_values(one.count)}, first in {lines})"
    if len(changed) > _SHOWN:
        yield f"  and at {len(changed) - _SHOWN:,} more places; --json lists them"


def _values(count: int) -> str:
    return f"{count:,} value{'' if count == 1 else 's'}"


def _pairs(mapping: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for item in mapping:
        column, separator, place = item.partition("=")
        if not separator or not column:
            raise UsageError(f"--map {item}: write COLUMN=PLACE, such as amount=body.qty; COLUMN= leaves a column out")
        pairs[column] = place
    return pairs
