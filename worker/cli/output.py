"""What commands print: data to standard output, all else to standard error; colour and bars only on a terminal."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from rich.console import Console


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
