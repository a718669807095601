"""A wire between a worker and its store, or its API, that a test can cut, slow down, or let go silent."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

#: ``silent`` is half open: connections stay, and nothing gets through, not even their end.
State = Literal["whole", "cut", "silent"]

_CHUNK: Final = 65_536
_PATIENCE_S: Final = 30.0
_ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


class Wire:
    """Passes bytes on, on a thread of its own, from ``__enter__`` to ``__exit__``.

    Attributes:
        delay_s: how long every piece takes longer than it would; both ways.
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self.lead_to(url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._state: State = "whole"
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server
        self.delay_s = 0.0

    @property
    def url(self) -> str:
        """The same URL, by way of this wire."""
        port = self._server.sockets[0].getsockname()[1]
        user, at, _ = self._parts.netloc.rpartition("@")
        return self._parts._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._join, "127.0.0.1", 0))
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def lead_to(self, url: str) -> None:
        """Let new connections lead to this server; those of now stay where they are."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._far = (parts.hostname, parts.port)

    def cut(self) -> None:
        """Reset every connection, and refuse new ones."""
        self._state = "cut"
        self._call(self._reset())

    def silence(self) -> None:
        """Let nothing through any more, and tell nobody: connections of now stay silent for ever."""
        self._state = "silent"

    def mend(self) -> None:
        """Let new connections through."""
        self._state = "whole"

    @staticmethod
    def hold(seconds: float) -> None:
        """Leave it as it is for a while: how long an injury lasts is part of it."""
        threading.Event().wait(seconds)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=_PATIENCE_S)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._state == "cut":
            _abort(writer)
            return
        self._writers.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            if self._state == "silent":
                await asyncio.Event().wait()
            far_reader, far = await asyncio.open_connection(*self._far)
            self._writers.add(far)
            ways = self._pass(reader, far), self._pass(far_reader, writer)
            await asyncio.wait([asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            return  # the far end is down: so is the near one, below
        finally:
            for one in (writer, far):
                if one is not None:
                    self._writers.discard(one)
                    one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(_CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)  # noqa: TID251 - a real wire that is really slow
                if self._state == "silent":
                    await asyncio.Event().wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            return

    async def _reset(self) -> None:
        for writer in list(self._writers):
            _abort(writer)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


def _abort(writer: asyncio.StreamWriter) -> None:
    near: socket.socket | None = writer.get_extra_info("socket")
    if near is not None and near.fileno() >= 0:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    writer.transport.abort()
