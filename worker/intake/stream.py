"""Opens what a person named: a file, a gzip file or standard input, as a stream of lines with a bound on each."""

import gzip
import io
import select
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from worker.errors import UsageError

#: The longest row that is taken: far above any API's limit for a body, small enough to hold a few.
MAX_ROW_BYTES: Final = 8 * 1024 * 1024
_CHUNK_BYTES: Final = 256 * 1024
_SHOWN_BYTES: Final = 200  # of a row that is too long
_PAUSE_S: Final = 0.2  # a producer that is slower than this sees its rows accepted one by one
_GZIP: Final = b"\x1f\x8b"
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """A line without its end; ``too_long`` where only its beginning is kept."""

    number: int
    text: bytes
    too_long: bool = False


class Stream:
    """A source of rows.

    Args:
        pausing: yield an empty line numbered 0 whenever standard input has had nothing for ``_PAUSE_S``.

    Attributes:
        name: what the records call it: the path as given, or ``-`` for standard input.
        size_bytes: of the file on disk; None where it is not known.
    """

    def __init__(self, name: str, *, pausing: bool = False) -> None:
        self.name = name
        self._raw = _open(name)
        self.size_bytes = _size(name)
        self._pausing = pausing and name == "-"
        self._file: BinaryIO = cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", self._raw), _CHUNK_BYTES))

    @property
    def position_bytes(self) -> int:
        """How much of the file on disk has been read, for progress bars."""
        return self._raw.tell() if self.size_bytes is not None else 0

    def chunks(self) -> Iterator[bytes]:
        """The content in pieces, decompressed, without a byte order mark; an empty piece is a pause.

        Raises:
            UsageError: reading failed, the file is no whole gzip file, or is UTF-16.
        """
        yield from self._pauses()
        self._unpack()
        first = self._read()
        if first.startswith(_UTF16_BOMS):
            raise UsageError(f"{self.name}: this file is UTF-16; save it as UTF-8 and try again")
        yield first.removeprefix(_UTF8_BOM)
        while True:
            yield from self._pauses()
            chunk = self._read()
            if not chunk:
                return
            yield chunk

    def lines(self) -> Iterator[Line]:
        """Lines, numbered from 1; a line beyond ``MAX_ROW_BYTES`` is passed over without being held."""
        number = 1
        rest = b""
        skipping: bytes | None = None
        for chunk in self.chunks():
            if not chunk and self._pausing:
                yield Line(0, b"")
                continue
            pieces = (rest + chunk).split(b"\n")
            rest = pieces.pop()
            for piece in pieces:
                if skipping is not None:
                    yield Line(number, skipping, too_long=True)
                    skipping = None
                else:
                    yield Line(number, piece, len(piece) > MAX_ROW_BYTES)
                number += 1
            if len(rest) > MAX_ROW_BYTES or skipping is not None:
                skipping = skipping or rest[:_SHOWN_BYTES]
                rest = b""
        if skipping is not None:
            yield Line(number, skipping, too_long=True)
        elif rest:
            yield Line(number, rest)

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.name != "-":
            self._raw.close()

    def _pauses(self) -> Iterator[bytes]:
        while self._pausing and not _has_something(self._raw):
            yield b""

    def _unpack(self) -> None:
        buffered = cast("io.BufferedReader", self._file)
        try:
            packed = buffered.peek(len(_GZIP)).startswith(_GZIP)
        except OSError:
            return  # reading says what is wrong
        if packed:
            self._file = cast("BinaryIO", gzip.GzipFile(fileobj=buffered))
            self._pausing = False  # what is ready to be read is not what is ready to be unpacked

    def _read(self) -> bytes:
        try:
            return (
                self._file.read1(_CHUNK_BYTES)
                if isinstance(self._file, io.BufferedReader)
                else self._file.read(_CHUNK_BYTES)
            )
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UsageError(f"{self.name}: the gzip file is damaged or cut short ({error}); make it again") from error
        except OSError as error:
            raise UsageError(f"{self.name}: cannot be read ({error.strerror or error})") from error


def _open(name: str) -> BinaryIO:
    if name == "-":
        # below Python's own buffer, which would wait until it is full
        return cast("BinaryIO", getattr(sys.stdin.buffer, "raw", sys.stdin.buffer))
    try:
        return Path(name).open("rb", buffering=0)
    except IsADirectoryError:
        raise UsageError(f"{name}: this is a folder; name the files in it") from None
    except OSError as error:
        raise UsageError(f"{name}: cannot be opened ({error.strerror}); check the path") from error


def _has_something(file: BinaryIO) -> bool:
    """Whether reading would not block; waits ``_PAUSE_S`` for that. Where one cannot know, reading has to wait."""
    try:
        return bool(select.select([file], [], [], _PAUSE_S)[0])
    except (OSError, ValueError):
        return True


def _size(name: str) -> int | None:
    return Path(name).stat().st_size if name != "-" and Path(name).is_file() else None
