"""When a token ends, by its own word."""

import base64
import binascii
import re
from typing import Final

import orjson

from worker.clock import to_rfc3339

_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")

_LAST_MOMENT: Final = 253_402_300_799.0  # the end of the year 9999, beyond which there are no dates

#: A token this close to its end may have expired when it arrives.
LEEWAY_S: Final = 2.0


def jwt_expiry(token: str) -> float | None:
    """The ``exp`` of a JSON Web Token (RFC 7519), read without checking its signature; None where there is none."""
    match = _JWT.fullmatch(token)
    if match is None:
        return None
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    if not isinstance(expiry, int | float) or isinstance(expiry, bool):
        return None
    return min(max(float(expiry), 0.0), _LAST_MOMENT)


def expired(origin: str, expires_at: float | None, now: float) -> str | None:
    """That a token has ended, or ends while it travels, in words; None where it has not. Epoch seconds."""
    if expires_at is None or now + LEEWAY_S < expires_at:
        return None
    return f"the token of {origin} expired at {to_rfc3339(expires_at)}"
