"""Stops that all workers of one schema share, and that last longer than any of them."""

from collections.abc import Iterable, Sequence

import orjson

from worker.job import Stop
from worker.queues.postgres.session import Session
from worker.queues.record import scope_text, stop_of, stop_text


class PostgresStops:
    """The ``Stops`` port over one schema."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def put(self, stops: Sequence[Stop]) -> None:
        """Note stops; see ``Stops.put``."""
        last = {(stop.scope, stop.kind): stop for stop in stops}.values()
        if last:
            since = [stop.since for stop in last]
            await self._session.rows("put_stops", *_scopes(last), since, list(map(stop_text, last)))

    async def lift(self, stops: Sequence[Stop]) -> None:
        """Forget stops; see ``Stops.lift``."""
        if stops:
            await self._session.rows("lift_stops", *_scopes(stops), list(map(stop_text, stops)))

    async def all(self) -> list[Stop]:
        """Every stop; see ``Stops.all``."""
        return [stop_of(orjson.loads(row["record"])) for row in await self._session.rows("list_stops")]


def _scopes(stops: Iterable[Stop]) -> tuple[list[str], list[str]]:
    """Which stops they are, as two columns."""
    return [scope_text(stop.scope) for stop in stops], [stop.kind.value for stop in stops]
