"""CSV and its relatives: a header, then records. What a column means is not decided here."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Final

from worker.errors import UsageError
from worker.intake.row import Row
from worker.intake.stream import MAX_ROW_BYTES, Stream
from worker.outcome import Cause, Fault

_DELIMITERS: Final = (",", ";", "\t", "|")
_SHOWN_BYTES: Final = 200  # of a line that is too long
_LINE_BREAK: Final = "is a line break or a quote missing?"
_SURROGATES: Final = re.compile("[\ud800-\udfff]")  # what bytes that are not UTF-8 were read as


def rows(stream: Stream) -> Iterator[Row]:
    """Records as mappings of column to text, in the order of the file.

    Raises:
        UsageError: there is no usable header.
    """
    csv.field_size_limit(MAX_ROW_BYTES)  # a cell may be as large as a row; this also bounds a quote left open
    lines = _Lines(stream)
    first = next(lines, "")
    reader = csv.reader(chain([first], lines), delimiter=_delimiter(first), strict=True)
    header = _header(reader, stream.name)
    while True:
        number = lines.number + 1
        lines.too_long = False
        try:
            record = next(reader, None)
        except csv.Error as error:
            yield Row(number, lines.last.encode(errors="replace"), None, _fault("csv", f"broken CSV: {error}"))
            continue
        if record is None:
            return
        if lines.too_long:
            detail = f"a line of it is longer than {MAX_ROW_BYTES >> 20} MiB"
            yield Row(number, lines.last.encode(errors="replace"), None, _fault("size", detail, _LINE_BREAK))
        elif record:
            yield _row(number, record, header)


class _Lines:
    """Lines as text for the csv module, counting; bytes that are not UTF-8 survive as lone surrogates.

    Attributes:
        too_long: of a line since this was last set to False only the beginning was kept.
    """

    def __init__(self, stream: Stream) -> None:
        self._lines = stream.lines()
        self.number = 0
        self.last = ""
        self.too_long = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(line for line in self._lines if line.number)  # a record may span lines: it waits for them
        self.number = line.number
        self.too_long = self.too_long or line.too_long
        text = line.text[:_SHOWN_BYTES] if line.too_long else line.text
        self.last = text.decode("utf-8", "surrogateescape").removesuffix("\r") + "\n"
        return self.last


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _header(reader: Iterator[list[str]], name: str) -> list[str]:
    try:
        names = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        raise UsageError(f"{name}: line 1 is no header of a CSV file ({error}); is it the right file?") from error
    if not names or not all(names):
        raise UsageError(f"{name}: line 1 must name every column; a CSV file starts with its header")
    if not all(map(_is_utf8, names)):
        raise UsageError(f"{name}: line 1 is not UTF-8; save the file as UTF-8")
    if repeated := {column for column, times in Counter(names).items() if times > 1}:
        raise UsageError(f"{name}: line 1 names {', '.join(sorted(repeated))} twice; rename one")
    return names


def _row(line: int, record: list[str], header: list[str]) -> Row:
    text = ",".join(record)
    raw = text.encode(errors="surrogateescape")
    if len(record) != len(header):
        detail = f"{len(record)} columns, but the header has {len(header)}"
        return Row(line, raw, None, _fault("columns", detail, "is a delimiter or a quote missing or unescaped?"))
    if not _is_utf8(text):
        return Row(line, raw, None, _fault("encoding", "not UTF-8", "save the file as UTF-8"))
    return Row(line, raw, dict(zip(header, record, strict=True)))


def _is_utf8(text: str) -> bool:
    return not _SURROGATES.search(text)


def _fault(rule: str, detail: str, hint: str | None = None) -> Fault:
    return Fault("#", "job", rule, detail, hint, Cause.MALFORMED)
