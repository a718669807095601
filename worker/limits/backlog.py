"""Retries that wait for their time, counted, so that no more jobs are taken on than can be tried again."""

import heapq


class Backlog:
    """When the retries of one API are due, of those that this worker has put off.

    Args:
        most: retries that may wait; with more, new jobs are left in the queue.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._due: list[float] = []

    def add(self, due_at: float) -> None:
        """Note a retry; epoch seconds."""
        heapq.heappush(self._due, due_at)

    def full_s(self, now: float) -> float:
        """Seconds until there is room for another retry; 0 where there is."""
        while self._due and self._due[0] <= now:
            heapq.heappop(self._due)
        return self._due[0] - now if len(self._due) >= self._most else 0.0
