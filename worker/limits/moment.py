"""When: the many ways in which headers write a length of time or a moment, as seconds from the answer's own now."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

_EPOCH_MS: Final = 1e12  # as seconds that were the year 33,658; as milliseconds it is 2001
_EPOCH_S: Final = 1e9  # as a length that were 31 years; as a moment it is 2001
_AGREES_S: Final = 2.0  # a Date is cut to the second, and some way behind: within this our clock is the more exact one
_LONGEST: Final = 100  # characters; no way to write a moment needs as many
_NUMBER: Final = re.compile(r"\d{1,20}(?:\.\d{1,20})?", re.ASCII)
_GO_UNITS_S: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_GO_PART: Final = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|us|µs|ns)")
_GO: Final = re.compile(rf"(?:{_GO_PART.pattern})+")


def number(text: str | None) -> float | None:
    """A number of 0 or more, written in digits; None for all else, such as ``nan``, ``-1``, ``1_0`` and ``1e9``."""
    return float(text) if text and _NUMBER.fullmatch(text := text[:_LONGEST].strip()) else None


def seconds_until(text: str, headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from now until what a header says; less than 0 where that is past, None where it says nothing usable.

    A number of 1e12 or more is a moment in milliseconds since the epoch, of 1e9 or more one in seconds, a smaller one a
    length in seconds. Else it may be a Go duration (``6m0s``), RFC 3339 (seconds may be missing) or an HTTP date.

    Moments are held against the answer's own ``Date``, so that a wrong clock on either side does no harm.

    Args:
        text: the header's value.
        headers: of the same answer.
        now: epoch seconds, for answers without a ``Date``.
    """
    text = text[:_LONGEST].strip()
    moment = value = number(text)
    if value is not None and value < _EPOCH_S:
        return value
    if value is not None and value >= _EPOCH_MS:
        moment = value / 1000
    if value is None and _GO.fullmatch(text):
        return math.fsum(float(count) * _GO_UNITS_S[unit] for count, unit in _GO_PART.findall(text))
    if value is None:
        moment = _rfc3339(text) or _http_date(text)
    if moment is None:
        return None
    server_now = _http_date(headers.get("date", "")[:_LONGEST])
    return moment - (now if server_now is None or 0 <= now - server_now < _AGREES_S else server_now)


@lru_cache(maxsize=16)
def _http_date(text: str) -> float | None:
    """Epoch seconds of an HTTP date (RFC 9110); None where it is none. Remembered: all answers of a second have one."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, IndexError, OverflowError):  # what the library raises on one nonsense or another
        return None
    return None if moment is None else _epoch_s(moment)


def _rfc3339(text: str) -> float | None:
    try:
        return _epoch_s(datetime.fromisoformat(text)) if "T" in text else None
    except (ValueError, OverflowError):
        return None


def _epoch_s(moment: datetime) -> float | None:
    try:  # such moments are in UTC, said or not
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
