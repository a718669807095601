"""Stops that all workers of one file share, and that last longer than any of them."""

from collections.abc import Sequence
from functools import partial

from worker.job import Scope, Standstill, Stop
from worker.queues.sqlite.session import Session, as_json
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
        rows = await self._thread.read(lambda session: session.rows("list_stops"))
        return [
            Stop(Scope(*scope), Standstill(kind), reason, since, until) for scope, kind, reason, since, until in rows
        ]


def _put(session: Session, stops: Sequence[Stop]) -> None:
    rows = [(_scope(stop), stop.kind.value, stop.since, _record(stop)) for stop in stops]
    session.change("put_stops", stops=as_json(rows))


def _lift(session: Session, stops: Sequence[Stop]) -> None:
    rows = [(_scope(stop), stop.kind.value, _record(stop)) for stop in stops]
    session.change("lift_stops", stops=as_json(rows))


def _scope(stop: Stop) -> str:
    return as_json(tuple(stop.scope))


def _record(stop: Stop) -> str:
    return as_json((tuple(stop.scope), stop.kind.value, stop.reason, stop.since, stop.until))
