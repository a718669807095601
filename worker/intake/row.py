"""What intake yields: a Row, good or bad, with the line it stood on."""

from typing import Any, Final, NamedTuple

from worker.outcome import Cause, Fault


class Row(NamedTuple):
    """One row of a file.

    Attributes:
        line: counted from 1; of a record that spans lines, the first.
        raw: as it stood in the file, without the line's end; of a row that is too long, its beginning.
        value: decoded: any JSON value, or a CSV record as a mapping of column to text. None where ``fault`` is set.
        fault: why the row could not be decoded.
    """

    line: int
    raw: bytes
    value: Any
    fault: Fault | None = None


#: Yielded where there is nothing to read for a moment: what was read so far need not wait for more.
PAUSE: Final = Row(0, b"", None)

#: Of a row with more lists and objects inside of each other than can be written.
TOO_DEEP: Final = Fault(
    "#", "job", "nesting", "nested too deeply", "no API takes this; is a bracket missing?", Cause.MALFORMED
)
