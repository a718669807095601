"""A server that notes when each request arrives, and does as little else as it can.

Prints its port; answers 201 to every HTTP request on it and takes every datagram without an answer. When its standard
input ends, it writes what it has noted to a file: the times of all, and of those that say COLD. Run as
``python -m benchmarks.counter FILE``.
"""

import asyncio
import gc
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import cast

import orjson

_ANSWER = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'
_LENGTH = b"content-length:"
_BUFFER_BYTES = 1 << 22


class Counted(asyncio.Protocol):
    """One connection; requests are told apart by Content-Length alone."""

    def __init__(self, times: list[float], cold: list[float]) -> None:
        self._times, self._cold = times, cold
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Note the time and answer, as often as there is a whole request."""
        now = time.time()
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(_LENGTH)
            length = int(head[at + len(_LENGTH) :].partition(b"\r\n")[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            (self._cold if b"COLD" in self._buffer[end : end + 4 + length] else self._times).append(now)
            self._buffer = self._buffer[end + 4 + length :]
            assert self._transport is not None
            self._transport.write(_ANSWER)


class Datagrams(asyncio.DatagramProtocol):
    """Notes when each one arrives."""

    def __init__(self, times: list[float]) -> None:
        self._times = times

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - as asyncio calls it
        """Note the time."""
        self._times.append(time.time())


async def serve(times: list[float], cold: list[float]) -> None:
    """Serve on a free port of the loopback until the standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Counted(times, cold), "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    transport, _ = await loop.create_datagram_endpoint(lambda: Datagrams(times), local_addr=address)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    gc.disable()
    print(address[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    transport.close()
    server.close()


def main(file: Path) -> None:
    """Serve, and write what was noted. Ahead of all others where that is allowed: no request is late because of it."""
    with suppress(PermissionError):
        os.nice(-15)
    times: list[float] = []
    cold: list[float] = []
    try:
        import uvloop  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        asyncio.run(serve(times, cold))
    else:
        uvloop.run(serve(times, cold))
    file.write_bytes(orjson.dumps({"times": times + cold, "cold": cold}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
