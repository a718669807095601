"""What commands print: data to standard output, all else to standard error; colour and bars only on a terminal."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click
import orjson

from worker.contract.shown import printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console", "is_terminal", "print_json", "print_table", "printable", "table"]

_PIPED_WIDTH: Final = 160


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on one line of standard output."""
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


def console(*, data: bool = False) -> "Console":
    """Where to print for people: standard error, or standard output for what was asked for (``data``)."""
    from rich.console import Console

    # where nobody watches there is no width to fit into
    width = None if (sys.stdout if data else sys.stderr).isatty() else _PIPED_WIDTH
    return Console(stderr=not data, highlight=False, soft_wrap=True, width=width)


def is_terminal() -> bool:
    """Whether a person watches: both progress and prompts make sense."""
    return sys.stderr.isatty()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, data: bool = True) -> None:
    """Rows where ``console`` prints: a table on a terminal, otherwise plain text, aligned, every row on one line."""
    if (sys.stdout if data else sys.stderr).isatty():
        console(data=data).print(table(columns, rows), soft_wrap=False)
        return
    cells = [list(columns), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), err=not data)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    """A Rich table of plain text: what stands in the cells is never taken for markup."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(printable(cell)) for cell in row))
    return made
