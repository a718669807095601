"""Tells the quota what answers said of limits and costs: many at a time, and so that no answer waits for it."""

import asyncio
from typing import Final

from worker.errors import StoreAwayError, StoreFullError
from worker.job import Scope
from worker.ports import Clock, Correction, Quota, Told

_EVERY_S: Final = 0.05  # how late the quota may hear of what an answer said: by thousands a second, they go in batches


class Bookkeeper:
    """Collects what is to be told, and writes it in batches. Of one scope only the last word counts."""

    def __init__(self, quota: Quota, clock: Clock) -> None:
        self._quota = quota
        self._clock = clock
        self._told: dict[Scope, Told] = {}
        self._corrections: list[Correction] = []
        self._something = asyncio.Event()

    def tell(self, told: Told) -> None:
        """Have the quota keep to what an API says is left."""
        self._told[told.scope] = told
        self._something.set()

    def correct(self, correction: Correction) -> None:
        """Have the difference settled between what was charged and what a request has cost."""
        self._corrections.append(correction)
        self._something.set()

    async def run(self) -> None:
        """Write until cancelled.

        Raises:
            StoreError: the store failed; what was not written is, when this is called again.
        """
        while True:
            await self._something.wait()
            await self.flush()
            await self._clock.sleep(_EVERY_S)

    async def flush(self) -> None:
        """Write everything that is known; it stays known where that fails.

        Raises:
            StoreError: it could not be written.
        """
        self._something.clear()
        told, corrections = dict(self._told), list(self._corrections)
        try:
            if told:
                await self._quota.observe(list(told.values()))
                self._told = {scope: last for scope, last in self._told.items() if told.get(scope) is not last}
            if corrections:
                await self._correct(corrections)
        finally:
            if self._told or self._corrections:
                self._something.set()

    async def _correct(self, corrections: list[Correction]) -> None:
        left = []
        try:
            await self._quota.correct(corrections)
        except StoreFullError:  # surely not done
            left = corrections
            raise
        except StoreAwayError:  # perhaps it was done: what is handed back twice would be more than was paid
            left = [one for one in corrections if one.units > 0]
            raise
        finally:
            self._corrections[: len(corrections)] = left
