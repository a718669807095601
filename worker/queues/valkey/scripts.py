"""The scripts, each in a file of its own that is named by what it does."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Script(NamedTuple):
    """A script as the server keeps it."""

    text: str
    digest: str


@cache
def script(name: str) -> Script:
    """``lua/<name>.lua`` behind ``lua/table.lua``, read once, without the comments that explain them."""
    text = f"{_lines('table')}\n{_lines(name)}"
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def _lines(name: str) -> str:
    text = files("worker.queues.valkey").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))
