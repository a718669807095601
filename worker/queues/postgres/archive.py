"""Jobs as whole records, on their way to another store or out of this one."""

from collections.abc import Sequence
from functools import partial

from worker.failure import Failure
from worker.ports import Accepted
from worker.queues.postgres import arriving
from worker.queues.postgres.forgetting import prune
from worker.queues.postgres.leaving import read_records
from worker.queues.postgres.names import Names
from worker.queues.postgres.session import Session
from worker.record import Record


class PostgresArchive:
    """The ``Archive`` port over one schema."""

    def __init__(self, session: Session, names: Names) -> None:
        self._session = session
        self._names = names

    async def read(self, after: int = 0, limit: int = 500) -> tuple[list[Record | Failure], int | None]:
        """A page of everything; see ``Archive.read``."""
        return await read_records(self._session, after, limit)

    async def write(self, records: Sequence[Record | Failure]) -> Accepted:
        """Take in jobs and rejected rows, durably; see ``Archive.write``.

        Raises:
            StoreBusyError: somebody else took one of the ids meanwhile.
        """
        arrivals = await arriving.sort_out(self._session, records)
        self._names.forget()
        numbers = await arriving.number(self._names, arrivals)
        await self._session.transaction(partial(arriving.write, arrivals=arrivals, numbers=numbers))
        return arrivals.accepted

    async def prune(self, before: float) -> int:
        """Forget delivered jobs; see ``Archive.prune``."""
        return await prune(self._session, before)
