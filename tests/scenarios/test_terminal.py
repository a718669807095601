"""What a person sees who watches a run on a terminal."""

import fcntl
import os
import pty
import signal
import struct
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.wire import Wire
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Shell


class _Screen:
    """A terminal, with all that was ever written to it.

    Attributes:
        end: what a program is to write to.
    """

    def __init__(self) -> None:
        self._near, self.end = pty.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        self._written = bytearray()
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    @property
    def text(self) -> str:
        """All of it, with what moves the cursor."""
        return self._written.decode("utf-8", "replace")

    def frames(self, since: int) -> list[str]:
        """What a live display has shown since so many characters, each time that it was whole."""
        return self.text[since:].split("working")[1:-1]

    def close(self) -> None:
        """Hang up."""
        os.close(self.end)
        self._reading.join()
        os.close(self._near)

    def _read(self) -> None:
        while piece := self._piece():
            self._written += piece

    def _piece(self) -> bytes:
        try:
            return os.read(self._near, 65_536)
        except OSError:  # how Linux says that nobody writes to it any more
            return b""


@contextmanager
def _screen() -> Iterator[_Screen]:
    screen = _Screen()
    try:
        yield screen
    finally:
        screen.close()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_run_says_that_it_waits_for_its_store(
    shell: "Shell",
    open_shop: Callable[..., Any],
    orders: Callable[..., Any],
    valkey_prefix: str,
    eventually: Callable[[Callable[[], bool]], None],
    processes: str,
) -> None:
    """And that it goes on: a display on which nothing moves says nothing."""
    open_shop(Behaviour())
    with Wire(valkey_prefix) as wire, _screen() as screen:
        shell.environ |= {"PREFLIGHT_QUEUE_URL": wire.url, "TERM": "xterm"}
        shell.write("orders.jsonl", orders(1))
        shell("submit", "orders.jsonl")
        with shell.start("run", "--processes", processes, stderr=screen.end) as run:
            eventually(lambda: "1 delivered" in screen.text)
            wire.cut()
            eventually(lambda: "waiting for the store, nothing is lost: no connection to valkey://" in screen.text)
            wire.mend()
            seen = len(screen.text)
            eventually(lambda: any("waiting for the store" not in frame for frame in screen.frames(seen)))
            run.send_signal(signal.SIGTERM)
        assert run.returncode == 0


def test_a_run_says_that_it_waits_for_the_jobs_of_others(
    shell: "Shell", open_shop: Callable[..., Any], orders: Callable[..., Any], eventually: Callable[..., None]
) -> None:
    """After a crash, until the leases of the worker that died have run out."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=60),)), before='[worker]\nlease = "90s"\n')
    shell.write("orders.jsonl", orders(1))
    shell("submit", "orders.jsonl")
    with shell.start("run") as died:
        eventually(lambda: shop.requests == 1)
        died.kill()
    with _screen() as screen:
        shell.environ["TERM"] = "xterm"
        with shell.start("run", "--until-empty", stderr=screen.end) as run:
            eventually(lambda: "waiting for 1 job in other workers' hands" in screen.text)
            run.send_signal(signal.SIGINT)
        assert run.returncode == 130
