"""``preflight results``: what the API answered, joined by job id."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click
import orjson

from worker.cli.destination import destination
from worker.cli.setup import looked_at, read_settings

if TYPE_CHECKING:
    from worker.failure import Result
    from worker.ports import Ledger

    Write = Callable[[Sequence[Result]], None]

_COLUMNS: Final = ("id", "api", "operation", "status", "elapsed_ms", "attempts", "reply", "meta", "delivered_at")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@click.group()
def command() -> None:
    """Take out what the API answered to delivered jobs."""


@command.command(
    epilog="""\b
Examples:
  preflight results export > results.jsonl
  preflight results export --format csv --output results.csv
  preflight results export | jq -r 'select(.status == 201) | .id'
"""
)
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="How to write."
)
@click.option("--output", type=click.Path(path_type=Path), help="A file, replaced when all is written; default stdout.")
@click.pass_context
def export(ctx: click.Context, /, form: str, output: Path | None) -> None:
    """Write one line for every delivered job, in the order in which jobs were accepted.

    In CSV, a cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    from worker import service

    settings = read_settings(ctx)

    async def main() -> int:
        written = 0
        async with looked_at(settings, service.system_clock()) as store:
            with destination(output) as out:
                write = _csv(out) if form == "csv" else _jsonl(out)
                async for page in _pages(store.ledger):
                    write(page)
                    written += len(page)
        return written

    written = service.run_async(main)
    if output is not None:
        click.echo(f"{output}: {written:,} results", err=True)


async def _pages(ledger: "Ledger") -> AsyncIterator[list["Result"]]:
    after: int | None = 0
    while after is not None:
        page, after = await ledger.results(after)
        yield page


def _jsonl(out: BinaryIO) -> "Write":
    from worker.failure import result_json

    def write(page: "Sequence[Result]") -> None:
        out.writelines(orjson.dumps(result_json(result)) + b"\n" for result in page)

    return write


def _csv(out: BinaryIO) -> "Write":
    from worker.failure import result_json

    def write(page: "Sequence[Result]") -> None:
        out.write(_records([_cell(value) for value in result_json(result).values()] for result in page))

    out.write(_records([_COLUMNS]))
    return write


def _records(records: Iterator[list[str]] | list[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(records)
    return text.getvalue().encode(errors="replace")


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet runs."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"'{text}" if text.startswith(_FORMULA) else text
