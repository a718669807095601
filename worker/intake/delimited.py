"""CSV and its relatives: a header, then records. What a column means is not decided here."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from worker.errors import UsageError
from worker.intake.row import Row
from worker.intake.stream import Stream
from worker.outcome import Cause, Fault

_DELIMITERS: Final = (",", ";", "\t", "|")


def rows(stream: Stream) -> Iterator[Row]:
    """Records as mappings of column to text, in the order of the file.

    Raises:
        UsageError: there is no usable header.
    """
    lines = _Lines(stream)
    header_line = next(lines, "")
    reader = csv.reader(lines, delimiter=_delimiter(header_line), strict=True)
    header = _header(header_line, stream.name)
    while True:
        first = lines.number + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            yield Row(first, lines.last.encode(errors="replace"), None, _fault("csv", f"broken CSV: {error}"))
            continue
        if record is None:
            return
        if record:
            yield _row(first, record, header)


class _Lines:
    """Lines as text for the csv module, counting; bytes that are not UTF-8 survive as lone surrogates."""

    def __init__(self, stream: Stream) -> None:
        self._lines = stream.lines()
        self.number = 0
        self.last = ""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number = line.number
        self.last = line.text.decode("utf-8", "surrogateescape").removesuffix("\r") + "\n"
        return self.last


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _header(line: str, name: str) -> list[str]:
    header = next(csv.reader(io.StringIO(line), delimiter=_delimiter(line)), [])
    names = [column.strip() for column in header]
    if not names or not all(names):
        raise UsageError(f"{name}: line 1 must name every column; a CSV file starts with its header")
    if repeated := {column for column in names if names.count(column) > 1}:
        raise UsageError(f"{name}: line 1 names {', '.join(sorted(repeated))} twice; rename one")
    return names


def _row(line: int, record: list[str], header: list[str]) -> Row:
    raw = ",".join(record).encode(errors="surrogateescape")
    if len(record) != len(header):
        detail = f"{len(record)} columns, but the header has {len(header)}"
        return Row(line, raw, None, _fault("columns", detail, "is a delimiter or a quote missing or unescaped?"))
    try:
        raw.decode()
    except UnicodeDecodeError:
        return Row(line, raw, None, _fault("encoding", "not UTF-8", "save the file as UTF-8"))
    return Row(line, raw, dict(zip(header, record, strict=True)))


def _fault(rule: str, detail: str, hint: str | None = None) -> Fault:
    return Fault("#", "job", rule, detail, hint, Cause.MALFORMED)
