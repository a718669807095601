"""Stops that all workers of one file share, and that last longer than any of them."""

from collections.abc import Sequence
from functools import partial

from worker.job import Stop
from worker.queues.record import as_json, scope_text, stop_of, stop_text
from worker.queues.sqlite.session import Session
from worker.queues.sqlite.thread import SessionThread


class SqliteStops:
    """The ``Stops`` port over one file."""

    def __init__(self, thread: SessionThread) -> None:
        self._thread = thread

    async def put(self, stops: Sequence[Stop]) -> None:
        """Note stops; see ``Stops.put``."""
        if stops:
            await self._thread.write(partial(_put, stops=stops))

    async def lift(self, stops: Sequence[Stop]) -> None:
        """Forget stops; see ``Stops.lift``."""
        if stops:
            await self._thread.write(partial(_lift, stops=stops))

    async def all(self) -> list[Stop]:
        """Every stop; see ``Stops.all``."""
        return [stop_of(record) for record in await self._thread.read(lambda session: session.rows("list_stops"))]


def _put(session: Session, stops: Sequence[Stop]) -> None:
    rows = [(scope_text(stop.scope), stop.kind, stop.since, stop_text(stop)) for stop in stops]
    session.change("put_stops", stops=as_json(rows))


def _lift(session: Session, stops: Sequence[Stop]) -> None:
    rows = [(scope_text(stop.scope), stop.kind, stop_text(stop)) for stop in stops]
    session.change("lift_stops", stops=as_json(rows))
