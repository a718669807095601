"""Stops that all workers of one queue share, and that last longer than any of them."""

from collections.abc import Sequence

import orjson

from worker.job import Stop
from worker.queues.record import as_json, stop_of, stop_text
from worker.queues.valkey.connection import Connection


class ValkeyStops:
    """The ``Stops`` port over one server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put(self, stops: Sequence[Stop]) -> None:
        """Note stops; see ``Stops.put``."""
        if stops:
            words = [word for stop in stops for word in (_name(stop), stop_text(stop))]
            await self._connection.run("put_stops", *words)

    async def lift(self, stops: Sequence[Stop]) -> None:
        """Forget stops; see ``Stops.lift``."""
        if stops:
            words = [word for stop in stops for word in (_name(stop), stop_text(stop))]
            await self._connection.run("lift_stops", *words)

    async def all(self) -> list[Stop]:
        """Every stop; see ``Stops.all``."""
        (records,) = await self._connection.ask(("HVALS", "stops"))
        return sorted((stop_of(orjson.loads(record)) for record in records), key=lambda stop: stop.since)


def _name(stop: Stop) -> str:
    return as_json([list(stop.scope), stop.kind])
