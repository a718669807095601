"""The one thread that SQLite runs on, off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from worker.errors import StoreError
from worker.queues.sqlite.session import Session

T = TypeVar("T")


class SessionThread:
    """Runs work on a session in the order in which it was given, each piece as a whole.

    A caller who is cancelled while waiting leaves its work running to its end: no transaction is ever cut in two.
    """

    def __init__(self, path: Path, busy_s: float) -> None:
        self._path = path
        self._busy_s = busy_s
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="preflight-sqlite")
        self._session: Session | None = None
        self._closing: Future[None] | None = None

    async def open(self) -> None:
        """Open the session.

        Raises:
            StoreError: see ``Session``.
        """
        opened = False
        try:
            await self._run(self._open)
            opened = True
        finally:
            if not opened:
                self._begin_to_close()

    async def write(
        self, work: Callable[[Session], T], *, durable: bool = False, undo: Callable[[T], None] | None = None
    ) -> T:
        """Do work in one transaction.

        Args:
            work: runs in the thread.
            durable: see ``Session.transaction``.
            undo: called, in any thread, with the answer of work that was done for a caller who was cancelled.

        Raises:
            StoreError: nothing was done.
        """
        return await self._run(partial(self._write, work, durable=durable), undo)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Do work that only reads, and sees one state of the file."""
        return await self._run(partial(self._read, work))

    def later(self, work: Callable[[Session], None]) -> None:
        """Do work in one transaction after what is waiting already, with nobody to hear how it went.

        Dropped when the thread is closing already.
        """
        if self._closing is None:
            self._executor.submit(partial(self._write, work, durable=False))

    async def close(self) -> None:
        """Wait for all that was given, then close the session."""
        await asyncio.shield(asyncio.wrap_future(self._begin_to_close()))

    async def _run(self, work: Callable[[], T], undo: Callable[[T], None] | None = None) -> T:
        if self._closing is not None:
            raise StoreError(f"{self._path} was closed")
        running = self._executor.submit(work)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            if undo is not None:
                running.add_done_callback(partial(_undo, undo))
            raise

    def _begin_to_close(self) -> Future[None]:
        if self._closing is None:
            self._closing = self._executor.submit(self._close)
            self._executor.shutdown(wait=False)
        return self._closing

    def _open(self) -> None:
        self._session = Session(self._path, self._busy_s)

    def _write(self, work: Callable[[Session], T], *, durable: bool) -> T:
        assert self._session is not None
        with self._session.transaction(durable=durable):
            return work(self._session)

    def _read(self, work: Callable[[Session], T]) -> T:
        assert self._session is not None
        with self._session.snapshot():
            return work(self._session)

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()


def _undo(undo: Callable[[T], None], done: Future[T]) -> None:
    if not done.cancelled() and done.exception() is None:
        undo(done.result())
