"""The command line as a whole: help, versions, mistakes, pipes."""

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from worker import __version__
from worker.cli import preflight

if TYPE_CHECKING:
    from tests.conftest import Shell

_COMMANDS = list(preflight.list_commands(None))  # type: ignore[arg-type]


def test_help_names_every_command_and_every_exit_code(shell: "Shell") -> None:
    """In the order in which a person meets them."""
    told = shell("--help")
    assert told.code == 0
    places = [told.out.index(f"\n  {name} ") for name in _COMMANDS]
    assert places == sorted(places)
    assert all(f" {code} " in " ".join(told.out.split()) for code in (0, 1, 2, 3, 130))


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_has_help(shell: "Shell", name: str) -> None:
    """Without a config, without a queue."""
    told = shell(name, "--help")
    assert told.code == 0
    assert told.out.startswith(f"Usage: python -m worker {name}")
    assert list(shell.folder.iterdir()) == []


def test_it_says_its_version(shell: "Shell") -> None:
    """On one line."""
    assert shell("--version").out == f"preflight, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("chekc",), "No such command 'chekc'"),
        (("check",), "Missing argument 'FILE...'"),
        (("submit", "a", "b"), "unexpected extra argument (b)"),
        (("run", "--untilempty"), "Did you mean '--until-empty'?"),
        (("--log-level", "loud", "run"), "'loud' is not one of 'debug', 'info', 'warning', 'error'"),
        (("check", "x", "--format", "xml"), "'xml' is not one of 'jsonl', 'csv'"),
    ],
)
def test_a_mistake_on_the_command_line_is_told_and_ends_with_two(
    shell: "Shell", arguments: tuple[str, ...], words: str
) -> None:
    """With the usage, on standard error."""
    told = shell(*arguments)
    assert told.code == 2
    assert told.out == ""
    assert words in " ".join(told.err.split())


def test_no_command_imports_the_worker_for_its_help(shell: "Shell") -> None:
    """What takes long to import is imported when it is used: so help is quick."""
    heavy = "aiohttp", "rich", "fastjsonschema", "jsonschema_rs", "yaml", "sqlite3"
    program = (
        "import sys; from worker.cli import preflight; preflight.main(['--help'], standalone_mode=False);"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], env=shell.environ, capture_output=True, check=True)
    assert done.stderr == b"[]\n"


def test_a_reader_that_has_seen_enough_is_no_error(shell: "Shell") -> None:
    """``preflight config reference | head -1``: no traceback."""
    command = f"{sys.executable} -m worker config reference | head -1"
    done = subprocess.run(["/bin/sh", "-c", command], env=shell.environ, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stderr == b""
