"""Time and chance: the only file that reads either.

Everything else is handed a ``Clock``, so that a test can stand still, jump, and know what the dice will say.
"""

import asyncio
import random
import secrets
import time
from datetime import UTC, datetime


class SystemClock:
    """The clock on the wall and the operating system's dice."""

    def now(self) -> float:
        """Seconds since the epoch; may jump when the machine's clock is set."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment in the past; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let others run for ``seconds``; 0 yields once."""
        await asyncio.sleep(seconds)

    def random(self) -> float:
        """A number in [0, 1), for jitter; not for secrets."""
        return random.random()  # noqa: S311 - jitter needs no secrecy

    def token(self) -> str:
        """32 hexadecimal digits that nobody has had before."""
        return secrets.token_hex(16)


def to_rfc3339(epoch_s: float) -> str:
    """``1.5`` -> ``1970-01-01T00:00:01.500Z``."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: str) -> float:
    """``1970-01-01T00:00:01.500Z`` -> ``1.5``.

    Raises:
        ValueError: the text is no date and time, or has no offset from UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset: write ...Z or ...+01:00")
    return moment.timestamp()
