"""Runs a guide: its named blocks become files, its commands are run where those are, its output is what they printed.

A block whose info string names a file (```` ```yaml shop.openapi.yaml ````) is written to it. In a ``console`` block
each line that starts with ``$`` is run by a shell, and the lines up to the next must be what it prints, on both
streams; ``...`` stands for any text, of any number of lines.

``python -m tests.house.guides docs/contracts.md`` writes what the commands really print into the guide.
"""

import os
import re
import shlex
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, NamedTuple

from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer

#: What guides call the URL of a store on a server.
POSTGRES: Final = "POSTGRES_URL"
VALKEY: Final = "VALKEY_URL"

_BLOCK: Final = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND: Final = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


class Shown(NamedTuple):
    """A command of a guide: what is to be printed, and what is printed."""

    line: int
    command: str
    expected: str
    printed: str

    @property
    def holds(self) -> bool:
        """Whether the guide tells the truth."""
        parts = [re.escape(part) for part in self.expected.rstrip().split("...")]
        return re.fullmatch(r"(?s:.*)".join(parts), self.printed.rstrip()) is not None


def run(guide: str, folder: Path, servers: Mapping[str, str]) -> Iterator[Shown]:
    """Do what a guide says, in a folder, block by block.

    Args:
        guide: its text.
        folder: an empty one.
        servers: variables with the URLs of stores that it uses.
    """
    environ = _environment(folder) | dict(servers)
    for block in _BLOCK.finditer(guide):
        kind, named, text = block.groups()
        if kind == "console":
            for shown in _COMMAND.finditer(text):
                done = subprocess.run(
                    ["/bin/sh", "-c", shown[1]],
                    cwd=folder,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    check=False,
                )
                line = guide.count("\n", 0, block.start(3) + shown.start()) + 1
                yield Shown(line, shown[1], shown[2], done.stdout)
        elif named.strip():
            file = folder / named.strip()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")


def _environment(folder: Path) -> dict[str, str]:
    """A shell's in which ``preflight`` is this one, whose cache is in the folder, and that knows no config of ours."""
    root = Path(__file__).parents[2]
    programs = folder / ".bin"
    programs.mkdir()
    preflight = programs / "preflight"
    start = f"import sys; sys.path.insert(0, {str(root)!r}); from worker.cli import main; main()"
    preflight.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -c {shlex.quote(start)} "$@"\n')
    preflight.chmod(preflight.stat().st_mode | stat.S_IXUSR)
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PREFLIGHT_CACHE_DIR": str(folder / ".cache"),
        "COLUMNS": "110",
        "SHOP_TOKEN": "a-token-of-the-guide",
    }


def main(path: Path) -> None:
    """Write what is really printed into a guide."""
    guide = path.read_text("utf-8")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        kinds = {POSTGRES: PostgresServer, VALKEY: ValkeyServer}
        servers = {
            variable: stack.enter_context(closing(kind(durable=True))).start().url
            for variable, kind in kinds.items()
            if variable in guide
        }
        for shown in list(run(guide, Path(name), servers)):
            if not shown.holds:
                old = f"$ {shown.command}\n{shown.expected}"
                guide = guide.replace(old, f"$ {shown.command}\n{shown.printed.rstrip()}\n".replace("\n\n\n", "\n"), 1)
    path.write_text(guide, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
