"""JSON Lines: one JSON value a line. A line that is broken is one bad row, whatever is wrong with it."""

from collections.abc import Iterator
from typing import Final

import orjson

from worker.intake.exact import lost
from worker.intake.row import PAUSE, Row
from worker.intake.stream import MAX_ROW_BYTES, Line, Stream
from worker.outcome import Cause, Fault

_NOT_JSON: Final = (b"NaN", b"Infinity")
#: What the decoder says, and what that asks for.
_HINTS: Final = {
    "surrogate": "half a character is escaped: \\ud83d needs the other half after it, as in \\ud83d\\ude00",
    "infinity": "the number is larger than any that is kept: send it as text",
}


def rows(stream: Stream) -> Iterator[Row]:
    """Rows in the order of the file; empty lines are passed over."""
    loads = orjson.loads
    for line in stream.lines():
        number, text, too_long = line
        if too_long:
            yield Row(number, text[:200], None, _too_long())
            continue
        try:
            value = loads(text)
        except orjson.JSONDecodeError as error:
            if not number:
                yield PAUSE
            elif text.strip():
                yield Row(number, text, None, _broken(line, error))
            continue
        fault = lost(text, value)
        yield Row(number, text, value) if fault is None else Row(number, text, None, fault)


def _too_long() -> Fault:
    detail = f"the line is longer than {MAX_ROW_BYTES >> 20} MiB"
    return Fault("#", "job", "size", detail, "is a line break missing?", Cause.MALFORMED)


def _broken(line: Line, error: orjson.JSONDecodeError) -> Fault:
    detail = f"broken JSON at column {error.colno}: {error.msg.partition(':')[0]}"
    hint = "write one JSON object on each line"
    try:
        line.text.decode()
    except UnicodeDecodeError as problem:
        detail = f"not UTF-8: byte 0x{line.text[problem.start]:02x} at column {problem.start + 1}"
        hint = "save the file as UTF-8"
    else:
        if any(word in line.text for word in _NOT_JSON):
            hint = "JSON has no NaN or Infinity: send null, or leave the value out"
        elif "depth" in error.msg or "recursion" in error.msg:
            detail, hint = "nested too deeply", "no API takes this; is a bracket missing?"
        else:
            hint = next((told for word, told in _HINTS.items() if word in error.msg), hint)
    return Fault("#", "job", "json", detail, hint, Cause.MALFORMED)
