"""Lengths of time as people write them: ``500ms``, ``60s``, ``5m``, ``1h``, ``1d``, ``1m30s``."""

import re
from typing import Final

#: Milliseconds in a unit, longest first: whole numbers, so that ``100ms`` thrice is exactly ``300ms``.
_UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}

_NUMBER: Final = r"\d{1,12}(?:\.\d{1,9})?"
_PATTERN: Final = re.compile(
    "".join(rf"(?:(?P<{unit}>{_NUMBER}){unit})?" for unit in _UNITS_MS).replace(")m)", ")m(?!s))"), re.ASCII
)


def parse_duration(text: str) -> float:
    """Seconds in a duration: numbers with units, the longest unit first, each unit at most once.

    Raises:
        ValueError: the text is no duration; the message says what to write instead.
    """
    match = _PATTERN.fullmatch(text)
    if not text or match is None:
        remedy = f'"{text}s"' if re.fullmatch(_NUMBER, text, re.ASCII) else '"60s", "500ms" or "1m30s"'
        raise ValueError(f"is not a duration: write {remedy} (units: d h m s ms, the longest first)")
    return sum(float(number) * _UNITS_MS[unit] for unit, number in match.groupdict().items() if number) / 1000


def format_duration(seconds: float) -> str:
    """The shortest way to write a duration, to the millisecond: ``90`` -> ``1m30s``, ``0`` -> ``0s``."""
    rest, parts = round(seconds * 1000), []
    for unit, size in _UNITS_MS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
