"""Jobs as whole records, on their way to another store or out of this one."""

from collections.abc import Sequence
from functools import partial

from worker.failure import Failure
from worker.ports import Accepted
from worker.queues.sqlite.arriving import write
from worker.queues.sqlite.forgetting import prune
from worker.queues.sqlite.leaving import read_records
from worker.queues.sqlite.names import Names
from worker.queues.sqlite.thread import SessionThread
from worker.record import Record


class SqliteArchive:
    """The ``Archive`` port over one file."""

    def __init__(self, thread: SessionThread, names: Names) -> None:
        self._thread = thread
        self._names = names

    async def read(self, after: int = 0, limit: int = 500) -> tuple[list[Record | Failure], int | None]:
        """A page of everything; see ``Archive.read``."""
        return await self._thread.read(partial(read_records, names=self._names, after=after, limit=limit))

    async def write(self, records: Sequence[Record | Failure]) -> Accepted:
        """Take in jobs and rejected rows, durably; see ``Archive.write``."""
        return await self._thread.write(partial(write, names=self._names, records=records), durable=True)

    async def prune(self, before: float) -> int:
        """Forget delivered jobs; see ``Archive.prune``."""
        return await self._thread.write(partial(prune, before=before))
