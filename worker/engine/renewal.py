"""Lets lanes go on that stood still for their credential, once its file holds another."""

from collections.abc import Mapping
from typing import Final

import structlog

from worker.engine.api import Api
from worker.events import Bus, LaneOpened
from worker.job import Standstill, Stop
from worker.limits.gate import Gates
from worker.ports import Clock, Stops

log = structlog.get_logger(__name__)

_EVERY_S: Final = 1.0  # how late a credential that was renewed may be noticed


class Renewal:
    """Looks after the credentials of every API while a worker runs."""

    def __init__(self, apis: Mapping[str, Api], gates: Gates, bus: Bus, clock: Clock) -> None:
        self._apis = apis
        self._gates = gates
        self._bus = bus
        self._clock = clock

    async def begin(self, stops: Stops) -> None:
        """Forget that credentials were refused which have changed since, or which may be tried by now anyway.

        Other workers may be waiting for the end of the same stop: one that has no other credential leaves it to them.

        Raises:
            StoreError: nothing was forgotten.
        """
        now = self._clock.now()
        await stops.lift([stop for stop in await stops.all() if self._concerns(stop) and self._is_over(stop, now)])

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(_EVERY_S)

    async def look(self) -> None:
        """Let go on whatever stands still for a credential that has been renewed."""
        for api in list(self._apis.values()):
            for keeper in await api.keyring.renewed():
                log.info("credential_renewed", api=api.name, origin=keeper.worn.origin)
                for stop in self._gates.stops():
                    mine = self._concerns(stop) and stop.scope.api == api.name
                    if mine and api.keyring.keeper(stop.scope.key) is keeper:
                        self._gates.lift(stop.scope, stop.kind)
                        self._bus.emit(LaneOpened(stop))

    def _is_over(self, stop: Stop, now: float) -> bool:
        credential = self._apis[stop.scope.api].keyring.keeper(stop.scope.key)
        return credential.since > stop.since or (stop.until is not None and stop.until <= now)

    def _concerns(self, stop: Stop) -> bool:
        return stop.kind is Standstill.UNAUTHORISED and stop.scope.api in self._apis
