"""Drift: an API refuses what its contract allows, so often that going on would only burn its quota."""

import math

from worker.settings import DriftSettings


class Drift:
    """Watches the answers of one API's operations to requests that its contract allows.

    An operation's last answers are the bits of one number, 1 for rejected, the newest lowest; an operation without a
    rejection among them has no number, so that a good contract costs nothing.
    """

    def __init__(self, settings: DriftSettings) -> None:
        self.window = settings.window
        # rounded up, but not over what is only the float's error: 0.07 of 100 is 7
        self._too_many = max(math.ceil(settings.pause_at * settings.window - 1e-6), 1)
        self._mask = (1 << settings.window) - 1
        self._recent: dict[str, int] = {}

    def accepted(self, operation: str) -> None:
        """Note that a request was accepted."""
        if operation not in self._recent:
            return
        if recent := self._recent[operation] << 1 & self._mask:
            self._recent[operation] = recent
        else:
            del self._recent[operation]

    def rejected(self, operation: str) -> int | None:
        """Note that a request was rejected; how many of the window were, where that is too many."""
        recent = self._recent[operation] = (self._recent.get(operation, 0) << 1 | 1) & self._mask
        count = recent.bit_count()
        return count if count >= self._too_many else None
