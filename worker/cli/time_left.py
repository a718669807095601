"""How long something takes, and when it is done, as one says it."""

from datetime import UTC, datetime
from typing import Final

_UNITS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
_WEEK_S: Final = 6 * 86_400  # a weekday is clear for so long


def duration(seconds: float) -> str:
    """Two units at most: ``3 h 20 min``, ``4 d``, ``12 s``; below a second, ``0.4 s``."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    for index, (unit, size) in enumerate(_UNITS):
        if seconds < size:
            continue
        lower, step = _UNITS[index + 1] if unit != "s" else ("", 1)
        count, rest = divmod(round(seconds / step), size // step)
        if index and count * size == _UNITS[index - 1][1]:  # 59 min 59.6 s are an hour
            return f"1 {_UNITS[index - 1][0]}"
        return f"{count:,} {unit} {rest} {lower}" if rest else f"{count:,} {unit}"
    raise AssertionError(seconds)


def moment(at: float, now: float, *, to_the_second: bool = False) -> str:
    """Local time: ``17:45`` today, ``Tue 17:45`` within a week, else ``24 Dec 2026``.

    Args:
        at: epoch seconds.
        now: the same.
        to_the_second: ``17:45:10`` and ``Tue 17:45:10``.
    """
    local, time = datetime.fromtimestamp(at, UTC).astimezone(), "%H:%M:%S" if to_the_second else "%H:%M"
    if local.date() == datetime.fromtimestamp(now, UTC).astimezone().date():
        return f"{local:{time}}"
    return f"{local:%a {time}}" if abs(at - now) < _WEEK_S else f"{local.day} {local:%b %Y}"
