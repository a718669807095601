"""One worker process, as its supervisor sees it."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from worker.cancelling import ended
from worker.supervisor.leash import READ_AGAIN
from worker.supervisor.report import Report

log = structlog.get_logger(__name__)

_LINE: Final = 16 * 1024 * 1024  # bytes of a report: a thousand kinds of warnings fit in easily
_BLOCK: Final = 65_536  # bytes of output that are read at once, and of one line that are kept together
_LAST: Final = 10  # lines of output that are kept, to show what a process said before it died
_LINGER_S: Final = 1.0  # how long the output of one that ended is waited for: its own children may hold it open


def python() -> list[str]:
    """This interpreter and our program.

    A folder named ``worker`` where a command is run is taken for ours only if that is where this process found it.
    """
    return [sys.executable, *([] if sys.path[0] in {"", str(Path.cwd())} else ["-P"]), "-m", "worker"]


class Process:
    """A process that was started.

    Attributes:
        report: the last that it said of itself; None before it is at work.
        last_lines: the end of what it printed.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        hear: Callable[[bytes], None],
    ) -> None:
        self._process = process
        self._writer = writer
        self._hear = hear
        self._last = b""
        self._reading = [asyncio.create_task(self._reports(reader)), asyncio.create_task(self._output())]
        for reading in self._reading:
            reading.add_done_callback(self._look)  # at once: it may work for weeks yet
        self._generation = 0
        self.report: Report | None = None

    @classmethod
    async def start(cls, command: Sequence[str], hear: Callable[[bytes], None]) -> "Process":
        """Start it in a session of its own, so that the terminal's Ctrl-C reaches it only through its supervisor.

        Args:
            command: without what ties it to its supervisor.
            hear: is given all that it prints, in whole lines.

        Raises:
            OSError: the system could not start it.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    f"--supervised={theirs.fileno()}",
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                raise
        return cls(process, *await asyncio.open_connection(sock=ours, limit=_LINE), hear)

    @property
    def pid(self) -> int:
        """The system's number for it."""
        return self._process.pid

    @property
    def last_lines(self) -> list[str]:
        """The end of what it printed."""
        return self._last.decode(errors="replace").splitlines()[-_LAST:]

    @property
    def up_to_date(self) -> bool:
        """Whether it works by the last config that it was to read."""
        return (self.report.generation if self.report else 0) == self._generation

    async def end(self) -> int:
        """Wait for its end; its exit code, below 0 the number of the signal that killed it."""
        code = await self._process.wait()
        await asyncio.wait(self._reading, timeout=_LINGER_S)
        await ended(self._reading)
        self._writer.close()
        return code

    def stop(self) -> None:
        """Have it end in order."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self._process.kill()

    def read_again(self, generation: int) -> None:
        """Have it read its config again; once it is at work, should it just be starting."""
        self._generation = generation
        if not self._writer.is_closing():
            self._writer.write(READ_AGAIN + b"%d\n" % generation)

    async def _reports(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while (line := await reader.readline()).endswith(b"\n"):  # what was cut off by its death says nothing
                self.report = Report.of(line)

    def _look(self, reading: asyncio.Task[None]) -> None:
        if not reading.cancelled() and (failure := reading.exception()) is not None:
            remedy = "what it does from now on is not counted here; the queue knows it: `preflight status`"
            log.error("process_not_heard", pid=self.pid, exc_info=failure, remedy=remedy)

    async def _output(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        while block := await self._process.stdout.read(_BLOCK):
            lines, newline, rest = (rest + block).rpartition(b"\n")
            if len(rest) > _BLOCK:
                lines, newline, rest = lines + newline + rest, b"", b""
            self._print(lines + newline)
        self._print(rest)

    def _print(self, text: bytes) -> None:
        if text:
            self._last = (self._last + text)[-_BLOCK:]
            self._hear(text)


def told(code: int) -> str:
    """How a process ended: ``exit code 3``, ``SIGKILL``."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
