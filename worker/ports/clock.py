"""Time and chance, as everything else is handed them."""

from typing import Protocol


class Clock(Protocol):
    """Time and chance."""

    def now(self) -> float:
        """Seconds since the epoch; may jump."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Let others run for ``seconds``."""

    def random(self) -> float:
        """A number in [0, 1)."""

    def token(self) -> str:
        """32 hexadecimal digits that nobody has had before."""
