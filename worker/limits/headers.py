"""What an answer's headers say about limits: for how long to stay away."""

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

#: Nobody means to be left alone for longer; beyond this it is a mistake, and a lane must not stand still on a mistake.
MAX_WAIT_S: Final = 3600.0


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the API asks to be left alone, clamped to [0, ``MAX_WAIT_S``]; None where it says nothing usable.

    Reads ``retry-after-ms``, then ``Retry-After`` as seconds (whole or not) or as an HTTP date. The answer's own
    ``Date`` is taken for a date's now, so that a wrong clock on either side does no harm.

    Args:
        headers: with names in lower case.
        now: epoch seconds, for answers without a ``Date``.
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return _clamped(milliseconds / 1000)
    text = headers.get("retry-after")
    if (seconds := _number(text)) is not None:
        return _clamped(seconds)
    moment = _date(text)
    if moment is None:
        return None
    server_now = _date(headers.get("date"))
    return _clamped(moment - (now if server_now is None else server_now))


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text and text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(text: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, IndexError, OverflowError):  # what the library raises on one nonsense or another
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()  # HTTP dates are GMT, said or not


def _clamped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_WAIT_S)
