"""Rate limits as the strictest of APIs keeps them: a log of every admitted request.

The invariant: no window of length ``per``, wherever it begins, holds more than ``rate`` admitted requests.
"""

import math
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Final, Literal

from worker.ports import Clock
from worker.sandbox.answer import Answer, problem
from worker.sandbox.received import Received

#: Values of a header that are told apart; the one unseen for longest is forgotten first.
_MOST_BUCKETS: Final = 10_000

RetryAfter = Literal["seconds", "milliseconds", "http-date", "none"]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``rate`` requests in any ``per_s`` seconds.

    Attributes:
        by: ``api``, ``operation``, or ``header:<name>``: one budget for each value of that header.
        retry_after: how a refusal says when to come back.
    """

    rate: int
    per_s: float
    by: str = "api"
    retry_after: RetryAfter = "seconds"


@dataclass(slots=True)
class _Window:
    limit: Limit
    admitted: deque[float]
    peak: int = 0

    def wait(self, now: float) -> float:
        """Seconds until there is room for one more; 0 where there is."""
        admitted = self.admitted
        while admitted and now - admitted[0] >= self.limit.per_s:
            admitted.popleft()
        if len(admitted) < self.limit.rate:
            return 0.0
        return self.limit.per_s - (now - admitted[0])

    @property
    def remaining(self) -> int:
        return self.limit.rate - len(self.admitted)


class Limits:
    """All limits of a sandbox. A request draws on every one of them or on none."""

    def __init__(self, limits: Sequence[Limit], clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._windows: list[OrderedDict[str, _Window]] = [OrderedDict() for _ in limits]
        self.peak = 0

    def reset(self) -> None:
        """Forget every request."""
        for windows in self._windows:
            windows.clear()
        self.peak = 0

    def draw(self, operation: str, request: Received) -> tuple[Mapping[str, str], Answer | None]:
        """The ``X-RateLimit-*`` headers for this request's answer, and 429 where it comes too early.

        ``peak`` becomes the most requests that any window of the first limit has held.
        """
        if not self._limits:
            return {}, None
        now = self._clock.monotonic()
        windows = [self._window(number, operation, request) for number in range(len(self._limits))]
        waits = [window.wait(now) for window in windows]
        if (wait := max(waits)) > 0:
            blocking = windows[waits.index(wait)]
            headers = _headers(blocking, now)
            return headers, self._refusal(blocking.limit, wait)
        for window in windows:
            window.admitted.append(now)
        self.peak = max(self.peak, len(windows[0].admitted))
        return _headers(min(windows, key=lambda window: window.remaining), now), None

    def _window(self, number: int, operation: str, request: Received) -> _Window:
        limit, windows = self._limits[number], self._windows[number]
        key = ""
        if limit.by == "operation":
            key = operation
        elif limit.by != "api":
            key = request.headers.get(limit.by.removeprefix("header:").lower(), "")
        window = windows.get(key)
        if window is None:
            window = windows[key] = _Window(limit, deque())
            if len(windows) > _MOST_BUCKETS:
                windows.popitem(last=False)
        elif len(windows) > 1:
            windows.move_to_end(key)
        return window

    def _refusal(self, limit: Limit, wait_s: float) -> Answer:
        headers: dict[str, str] = {}
        if limit.retry_after == "seconds":
            headers["Retry-After"] = str(math.ceil(wait_s))
        elif limit.retry_after == "milliseconds":
            headers["Retry-After-Ms"] = str(math.ceil(wait_s * 1000))
        elif limit.retry_after == "http-date":
            headers["Retry-After"] = formatdate(math.ceil(self._clock.now() + wait_s), usegmt=True)
        return problem(429, f"more than {limit.rate} requests in {limit.per_s:g} s (by {limit.by})", headers=headers)


def _headers(window: _Window, now: float) -> dict[str, str]:
    """Limit, what is left of it, and whole seconds until a full window has moved out of sight."""
    newest = window.admitted[-1] if window.admitted else now - window.limit.per_s
    return {
        "X-RateLimit-Limit": str(window.limit.rate),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": str(max(0, math.ceil(window.limit.per_s - (now - newest)))),
    }
