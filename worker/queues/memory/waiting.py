"""The ready rows of one lane, by priority and then by age."""

import heapq


class Waiting:
    """One heap of rows' numbers for each priority; none of them is empty."""

    def __init__(self) -> None:
        self._heaps: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._heaps.values()))

    def __bool__(self) -> bool:
        return bool(self._heaps)

    def add(self, priority: int, seq: int) -> None:
        """Let a row wait."""
        heapq.heappush(self._heaps.setdefault(priority, []), seq)

    def pop_first(self) -> int:
        """Take the oldest row of the highest priority."""
        return self._pop(max(self._heaps))

    def pop_oldest(self) -> int:
        """Take the oldest row, whatever its priority."""
        return self._pop(min(self._heaps, key=lambda priority: self._heaps[priority][0]))

    def remove(self, priority: int, seq: int) -> None:
        """Take this row; quick where it is the oldest of its priority."""
        heap = self._heaps[priority]
        if heap[0] == seq:
            self._pop(priority)
            return
        heap.remove(seq)
        heapq.heapify(heap)

    def _pop(self, priority: int) -> int:
        heap = self._heaps[priority]
        seq = heapq.heappop(heap)
        if not heap:
            del self._heaps[priority]
        return seq
