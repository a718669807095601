"""What the system tells a program that works until it is told to stop: SIGTERM, Ctrl-C, SIGHUP.

One handler from the first moment to the last: what comes before there is anything to finish ends the program at once,
and what comes while it says how it went is too late to matter. The first moment is when this module has been imported,
so it imports next to nothing.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from worker.errors import INTERRUPTED

if TYPE_CHECKING:
    import asyncio

_SHOW_CURSOR: Final = b"\x1b[?25h"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a program does about signals, on its event loop.

    Attributes:
        stop: end soon, in order.
        read_again: read the config again.
        abandon: called before the program is left at once, wherever it is: nothing that waits, locks or prints.
    """

    stop: Callable[[], None]
    read_again: Callable[[], None]
    abandon: Callable[[], None] = lambda: None


class Signals:
    """Hears signals from its making on.

    Args:
        service: being told to stop is how it ends, so that SIGTERM is no interruption.
        patient: a second signal to stop is the first one said twice. For a process of a supervisor: who stops all
            processes of a service, as systemd does, reaches it once by itself and once by its supervisor.

    Attributes:
        stopped: it was told to stop.
        by_hand: by Ctrl-C.
    """

    def __init__(self, *, service: bool, patient: bool = False) -> None:
        self._service = service
        self._patient = patient
        self._answers: Answers | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_early = False
        self._over = False
        self.stopped = False
        self.by_hand = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        if hasattr(signal, "SIGHUP"):  # not on Windows
            signal.signal(signal.SIGHUP, self._hang_up)

    def answer(self, answers: Answers) -> None:
        """From now on there is something to finish; on the running event loop."""
        import asyncio

        self._loop, self._answers = asyncio.get_running_loop(), answers
        if self._asked_early:
            answers.read_again()

    def interrupted(self, waiting: int) -> bool:
        """Whether a run ended before its time that leaves so many jobs waiting.

        A service that is told to stop has done its work; a person who presses Ctrl-C has interrupted it.
        """
        return self.by_hand or (self.stopped and not self._service and waiting > 0)

    def end(self) -> None:
        """From now on nothing is left but to say how it went."""
        self._over = True

    def _stop(self, number: int, _frame: Any) -> None:
        if self._over:
            return
        self.by_hand = self.by_hand or number == signal.SIGINT
        again, self.stopped = self.stopped, True
        if self._loop is None or self._answers is None:
            os._exit(0 if self._service and not self.by_hand else INTERRUPTED)
        if not again:
            self._soon(self._answers.stop)
        elif not self._patient:
            self._answers.abandon()
            os._exit(INTERRUPTED)  # what is leased comes back when its lease runs out

    def _hang_up(self, _number: int, _frame: Any) -> None:
        if self._loop is None or self._answers is None:
            self._asked_early = True
        elif not self._over:
            self._soon(self._answers.read_again)

    def _soon(self, answer: Callable[[], None]) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop has just been closed: there is nothing left to stop
            self._loop.call_soon_threadsafe(answer)


def show_cursor() -> None:
    """Undo what a live display did to the terminal, from wherever a program is left."""
    os.write(2, _SHOW_CURSOR)
