"""Workers of one queue, as processes that a test kills, stops and replaces."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random  # noqa: TID251 - the type of seeded dice
from typing import Final

from tests.conftest import Shell

_PREFLIGHT: Final = (sys.executable, "-m", "worker", "--log-level", "info", "run")
_PATIENCE_S: Final = 60


class Fleet:
    """A number of ``preflight run`` processes; each that is lost is replaced.

    Attributes:
        killed: epoch seconds of every kill -9.
        stopped: epoch seconds of every SIGTERM.
        codes: what stopped workers ended with.
    """

    def __init__(self, shell: Shell, size: int) -> None:
        self._shell = shell
        self._size = size
        self._workers: list[subprocess.Popen[bytes]] = []
        self._log = (shell.folder / "workers.log").open("ab")
        self.killed: list[float] = []
        self.stopped: list[float] = []
        self.codes: list[int] = []

    @property
    def log(self) -> str:
        """What all workers said."""
        return Path(self._log.name).read_text("utf-8")

    def fill(self) -> None:
        """Start as many as are missing."""
        while len(self._workers) < self._size:
            self._workers.append(
                subprocess.Popen(
                    _PREFLIGHT,
                    cwd=self._shell.folder,
                    env=self._shell.environ,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._log,
                )
            )

    @property
    def begun(self) -> int:
        """How many workers have begun to work so far: one that only starts ends where its store is away."""
        return self.log.count('"worker_started"')

    @property
    def started(self) -> int:
        """How many were started so far."""
        return len(self._workers) + len(self.killed) + len(self.stopped)

    def kill(self, dice: Random) -> None:
        """Kill one of them, and put another in its place."""
        worker = self._workers.pop(dice.randrange(len(self._workers)))
        self.killed.append(time.time())  # noqa: TID251 - compared with the times of the API, another process
        worker.kill()
        assert worker.wait(_PATIENCE_S) == -signal.SIGKILL
        self.fill()

    def stop(self) -> None:
        """Tell the oldest to stop, and put another in its place once it has."""
        self._stop(self._workers.pop(0))
        self.fill()

    def close(self) -> None:
        """Tell all to stop."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            self.codes.append(worker.wait(_PATIENCE_S))
        self._workers.clear()

    def abandon(self) -> None:
        """Leave nothing behind, however the test ends."""
        for worker in self._workers:
            worker.kill()
            worker.wait(_PATIENCE_S)
        self._log.close()

    def freeze(self, dice: Random, seconds: float) -> None:
        """Let one stand still, as on a machine that swaps, and then go on as if nothing had been."""
        worker = dice.choice(self._workers)
        worker.send_signal(signal.SIGSTOP)
        threading.Event().wait(seconds)
        worker.send_signal(signal.SIGCONT)

    def _stop(self, worker: "subprocess.Popen[bytes]") -> None:
        self.stopped.append(time.time())  # noqa: TID251 - the same
        worker.terminate()
        self.codes.append(worker.wait(_PATIENCE_S))
