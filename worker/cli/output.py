"""What commands print: data to standard output, all else to standard error; colour and bars only on a terminal."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from rich.console import Console


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on one line of standard output."""
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


def console(*, data: bool = False) -> "Console":
    """Where to print for people: standard error, or standard output for what was asked for (``data``)."""
    from rich.console import Console

    return Console(stderr=not data, highlight=False, soft_wrap=True)


def is_terminal() -> bool:
    """Whether a person watches: both progress and prompts make sense."""
    return sys.stderr.isatty()
