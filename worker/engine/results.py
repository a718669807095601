"""``run --results FILE``: a line for every job that has ended, written while others are still at work.

The ledger is the truth, and the file follows it in the order in which jobs ended. Its own last lines say how far it has
come, so that nothing is remembered elsewhere and nothing but the last lines is read again: a kill, a full disk or a
power cut leaves a file that the next run takes up where it is.
"""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import orjson
import structlog

from worker.cancelling import first
from worker.errors import DependencyError, StoreError, UsageError
from worker.failure import Ending, ending_json
from worker.ports import Clock, Ledger

log = structlog.get_logger(__name__)

#: How often is looked for what has ended. What is new is then written and synced, which takes a disk some 10 ms.
_EVERY_S: Final = 0.5
_PAGE: Final = 500  # endings read at once, and lines
_BLOCK: Final = 65_536  # bytes of the file's end that are read at once
_MOST: Final = 16 * 1024 * 1024  # bytes of a line; an answer is kept up to a megabyte


class _Line(NamedTuple):
    """What tells one ending from every other, also where a queue was taken back to an earlier state by a power cut."""

    number: int
    id: str
    outcome: str
    delivered_at: str | None


@asynccontextmanager
async def following(path: Path, ledger: Ledger, clock: Clock) -> AsyncIterator[None]:
    """Keep a file of results up to date until the block ends, and then once more.

    Raises:
        UsageError: the file cannot be written, is something else, or another run writes it.
        DependencyError: not every line could be written in the end; the next run adds what is missing.
    """
    with _opened(path) as file:
        results = _Results(path, file, ledger, clock)
        await results.take_up()
        writing = asyncio.create_task(results.run())
        try:
            yield
        finally:
            results.ended.set()
            await writing
        await results.finish()


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A file of our own, readable by its owner only, which no other run writes to; made where there is none."""
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)  # it holds people's answers
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error}); choose another --results") from error
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UsageError(f"{path}: lines cannot be taken up again there; choose a file for --results")
        _lock(path, file)
        yield file


def _lock(path: Path, file: BinaryIO) -> None:
    try:
        import fcntl  # noqa: PLC0415 - Windows has none, and there every `run` would end here
    except ImportError:
        remedy = "leave --results out and read `preflight results` afterwards"
        raise UsageError(f"{path}: this system cannot keep other runs from writing there; {remedy}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UsageError(f"{path}: another run writes its results there; choose another --results") from None


class _Results:
    """A file that follows a ledger.

    Attributes:
        ended: set it, and ``run`` comes to its end.
    """

    def __init__(self, path: Path, file: BinaryIO, ledger: Ledger, clock: Clock) -> None:
        self._path = path
        self._file = file
        self._ledger = ledger
        self._clock = clock
        self._after = 0
        self._length = 0
        self._trouble: str | None = None
        self.ended = asyncio.Event()

    async def take_up(self) -> None:
        """Find the last line that the ledger still agrees with, and cut off what a crash left half written.

        Lines behind it were lost by the queue, or their jobs were sent again: what became of those follows.
        """
        self._length = await asyncio.to_thread(self._whole)
        lines = self._backwards()
        while page := await asyncio.to_thread(lambda: list(islice(lines, _PAGE))):
            read = [line for at, text in page if (line := self._read(at, text)) is not None]
            known = await self._known(read[-1].number, read[0].number) if read else set()
            if (agreed := next((line for line in read if line in known), None)) is not None:
                self._after = agreed.number
                break
        self._file.truncate(self._length)

    async def run(self) -> None:
        """Write what is new, again and again."""
        while not self.ended.is_set():
            await self._write()
            await first(self._clock.sleep(_EVERY_S), self.ended.wait())

    async def finish(self) -> None:
        """Write what is left."""
        await self._write()
        if self._trouble is not None:
            remedy = "the queue has every answer: make it writable, then run again with the same --results"
            raise DependencyError(f"{self._path}: lines are missing ({self._trouble}); {remedy}")

    async def _write(self) -> None:
        """Append what has ended since, and sync. The work goes on whatever happens here: what fails is tried again."""
        try:
            while page := await self._ledger.endings(self._after, _PAGE):
                await asyncio.to_thread(self._append, page)
                self._after = page[-1].number
        except StoreError as error:
            self._trouble = str(error)
        except OSError as error:
            if self._trouble is None:
                log.warning("results_not_written", file=str(self._path), reason=error.strerror)
            self._trouble = error.strerror or str(error)
        else:
            self._trouble = None

    def _append(self, page: list[Ending]) -> None:
        """All lines of a page are on the disk, or none is in the file."""
        text = memoryview(b"".join(orjson.dumps(ending_json(ending)) + b"\n" for ending in page))
        try:
            self._file.seek(self._length)
            written = 0
            while written < len(text):
                written += self._file.write(text[written:])
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(self._length)
            raise
        self._length += len(text)

    async def _known(self, first: int, last: int) -> set[_Line]:
        """Endings of the ledger, from number to number."""
        found: set[_Line] = set()
        while first <= last and (page := await self._ledger.endings(first - 1, _PAGE)):
            found |= {_told(ending_json(ending)) for ending in page}
            first = page[-1].number + 1
        return found

    def _whole(self) -> int:
        """Where the last whole line ends; that of another file is not touched."""
        self._file.seek(0)
        first = self._file.readline(_MOST)
        if first and _line(first) is None:
            raise UsageError(f"{self._path}: is no file of results; choose another --results")
        at = self._file.seek(0, os.SEEK_END)
        while at:
            start = max(at - _BLOCK, 0)
            self._file.seek(start)
            if (found := self._file.read(at - start).rfind(b"\n")) >= 0:
                return start + found + 1
            at = start
        return 0

    def _read(self, at: int, text: bytes) -> _Line | None:
        """A line; one that cannot be read was never synced, and nor was what follows it."""
        line = _line(text)
        if line is None:
            self._length = at
        return line

    def _backwards(self) -> Iterator[tuple[int, bytes]]:
        """The file's lines, the last one first, each with where it begins."""
        at, rest = self._length, b""
        while at:
            size = min(_BLOCK, at)
            at -= size
            self._file.seek(at)
            rest = self._file.read(size) + rest
            while (end := rest.rfind(b"\n", 0, -1)) >= 0:
                yield at + end + 1, rest[end + 1 :]
                rest = rest[: end + 1]
        if rest:
            yield 0, rest


def _line(text: bytes) -> _Line | None:
    """What a line says; None where it is none of ours."""
    try:
        return _told(orjson.loads(text))
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None


def _told(ending: dict[str, Any]) -> _Line:
    return _Line(ending["number"], ending["id"], ending["outcome"], ending["delivered_at"])
