"""Progress bars, on a real terminal."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.unit.cli.test_queue_copy import contents, fill

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

    OpenShop = Callable[..., Api]
    Orders = Callable[..., list[dict[str, Any]]]

#: Runs a command on a terminal of its own, and says on standard output what is seen there.
_TERMINAL: Final = (
    sys.executable,
    "-c",
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
)


@pytest.fixture(autouse=True)
def terminal(shell: "Shell") -> None:
    """One that can move its cursor, and shows all on one line."""
    shell.environ |= {"TERM": "xterm-256color", "COLUMNS": "300", "NO_COLOR": "1"}


def test_a_copy_shows_how_far_it_is(shell: "Shell") -> None:
    """From before anything was counted up to the last record."""
    fill(shell.folder / "queue.db", 5)

    told = shell("queue", "copy", "sqlite:///queue.db", "sqlite:///new.db", wrapper=_TERMINAL)

    assert told.code == 0, told.out
    assert f"copying to sqlite:///{shell.folder}/new.db" in told.out
    assert "6 of 6, 0 there already" in told.out
    assert "5 jobs and 1 rejected rows: 6 copied, 0 there already in " in told.out
    assert contents(shell.folder / "new.db") == contents(shell.folder / "queue.db")


def test_a_copy_that_is_refused_says_why(shell: "Shell") -> None:
    """The bar does not hide it."""
    told = shell("queue", "copy", "sqlite:///queue.db", "sqlite:///new.db", wrapper=_TERMINAL)

    assert told.code == 2
    assert "FROM: there is no queue at " in told.out


@pytest.mark.parametrize("name", ["orders.jsonl", "[orders].jsonl", "[/orders].jsonl"])
def test_a_file_that_is_read_is_named_as_it_is(shell: "Shell", name: str) -> None:
    """Whatever is in its name."""
    shell.configure("http://127.0.0.1:9")
    (shell.folder / name).parent.mkdir(exist_ok=True)
    shell.write(name, [{"id": "a", "api": "shop", "operation": "getOrder"}])

    told = shell("submit", name, wrapper=_TERMINAL)

    assert told.code == 0, told.out
    assert name in told.out


@pytest.mark.parametrize(("jobs", "shown"), [(0, " 0 jobs "), (2, " 0/2 jobs ")])
def test_a_run_shows_how_far_it_is(
    shell: "Shell", open_shop: "OpenShop", orders: "Orders", jobs: int, shown: str
) -> None:
    """From the beginning on, also where there is nothing to do."""
    open_shop()
    shell.write("orders.jsonl", orders(jobs))
    assert shell("submit", "orders.jsonl").code == 0

    told = shell("run", "--until-empty", wrapper=_TERMINAL)

    assert told.code == 0, told.out
    assert shown in told.out
