"""The default transport: aiohttp. The only file of the running worker that imports an HTTP client."""

import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace
from yarl import URL

from worker.outcome import Answer, Broken, Reply, Request
from worker.ports import Clock
from worker.transport.guard import refusal_of_address, refusal_of_name

#: How long an idle connection is kept; shorter than what most servers and load balancers allow (60 s and more).
_KEEP_ALIVE_S: Final = 30.0

#: ``Request.connected`` of the request that this task sends: aiohttp makes connections without saying for which.
_CONNECTED: Final[ContextVar[Callable[[], Awaitable[bool]] | None]] = ContextVar("connected", default=None)


@dataclass(frozen=True, slots=True)
class Options:
    """How an API is talked to.

    Attributes:
        concurrency: connections; as many as there are senders, so that none waits for a connection.
        timeout_s: seconds for the whole exchange.
        connect_timeout_s: seconds for making a connection.
        reply_bytes: most that is read of an answer's body.
        allow_private: a host's name may lead to an address that is not public.
        tls: certificates: the client's own, and whom it trusts; None has none, and trusts whom the system trusts.
    """

    concurrency: int
    timeout_s: float
    connect_timeout_s: float
    reply_bytes: int
    allow_private: bool = False
    tls: ssl.SSLContext | None = None


class AiohttpTransport:
    """One API's pool of connections. Made inside a running event loop.

    Args:
        names: resolves hosts' names; None for the system's resolver.
    """

    def __init__(self, options: Options, clock: Clock, names: AbstractResolver | None = None) -> None:
        self._clock = clock
        self._reply_bytes = options.reply_bytes
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                limit=options.concurrency,
                keepalive_timeout=_KEEP_ALIVE_S,
                ssl=options.tls or True,
                resolver=_Guard(names or aiohttp.ThreadedResolver(), allow_private=options.allow_private),
                socket_factory=_socket,
            ),
            # ``connect`` includes the look-up of the host's name; there is a connection for every sender, so none waits
            timeout=aiohttp.ClientTimeout(total=options.timeout_s, connect=options.connect_timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
            trust_env=False,
        )

        # aiohttp sends idempotent requests again by itself where a kept connection was closed: unpaced, uncounted
        self._session._retry_connection = False  # noqa: SLF001 - there is no other way to say so

    async def send(self, request: Request) -> Reply:
        """See ``ports.Transport``."""
        started = self._clock.monotonic()
        try:
            return await self._exchange(request, started)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return _broken(error, 1000 * (self._clock.monotonic() - started))

    async def close(self) -> None:
        """See ``ports.Transport``."""
        await self._session.close()

    async def _exchange(self, request: Request, started: float) -> Answer:
        url = URL(request.url, encoded=True)
        _CONNECTED.set(request.connected)
        async with self._session.request(
            request.method,
            url,
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
        ) as response:
            body, truncated = await self._read(response)
            elapsed_ms = 1000 * (self._clock.monotonic() - started)
            return Answer(response.status, response.headers, body, elapsed_ms, truncated)

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        """The body up to the cap. Past it the connection is closed: reading on would cost more than a new one."""
        chunks: list[bytes] = []
        room = self._reply_bytes
        async for chunk in response.content.iter_any():
            chunks.append(chunk[:room])
            room -= len(chunk)
            if room < 0:
                response.close()
                return b"".join(chunks), True
        return b"".join(chunks), False


class _HeldBackError(aiohttp.ClientConnectionError):
    """The request may not leave any more; the connection that was made for it is closed."""


class _Connector(aiohttp.TCPConnector):
    """Asks, each time that a connection was made, whether the request that it was made for may still leave.

    aiohttp's own tracing could ask as well, but leaves the connection open for ever where the answer is no, and costs
    every request something.
    """

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> ResponseHandler:
        made, leaves = await super()._create_connection(req, traces, timeout), False
        try:
            leaves = (connected := _CONNECTED.get()) is None or await connected()
        finally:
            if not leaves:
                made.close()
        if not leaves:
            raise _HeldBackError
        return made


class _RefusedError(OSError):
    """An address that no request may go to; its text says why. To aiohttp it is one more way not to connect."""


class _Guard(AbstractResolver):
    """Resolves names, and refuses those that lead where they may not. What it answers is what is connected to."""

    def __init__(self, names: AbstractResolver, *, allow_private: bool) -> None:
        self._names = names
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name; none of them where one is refused, since a name has one owner."""
        found = await self._names.resolve(host, port, family)
        for one in found:
            if reason := refusal_of_name(host, one["host"], allow_private=self._allow_private):
                raise _RefusedError(reason)
        return found

    async def close(self) -> None:
        await self._names.close()


def _socket(info: aiohttp.AddrInfoType) -> socket.socket:
    """Made for each connection, once its address is known: also for those that ``base_url`` has as they are."""
    family, kind, protocol, _, address = info
    if reason := refusal_of_address(str(address[0])):
        raise _RefusedError(reason)
    return socket.socket(family, kind, protocol)


_Kind = Literal["unreachable", "timeout", "lost"]

_OTHERWISE: Final[tuple[_Kind, str]] = ("lost", "the connection failed")

#: The network's exceptions, most telling first: what each means, and in which words.
_MEANINGS: Final[tuple[tuple[tuple[type[Exception], ...], _Kind, str], ...]] = (
    ((aiohttp.ConnectionTimeoutError,), "unreachable", "no connection in time"),
    (
        (aiohttp.InvalidURL,),
        "unreachable",
        "base_url has no host that can be asked: write IPv4 as four decimal numbers",
    ),
    ((aiohttp.ClientConnectorDNSError,), "unreachable", "no such host"),
    ((aiohttp.ClientConnectorCertificateError,), "unreachable", "the certificate is not trusted"),
    ((aiohttp.ClientSSLError,), "unreachable", "no TLS connection: does base_url need http instead of https?"),
    ((aiohttp.ClientConnectorError,), "unreachable", "no connection"),
    ((TimeoutError,), "timeout", "no complete answer in time"),
    ((aiohttp.ServerDisconnectedError,), "lost", "the connection was closed before the answer"),
    ((aiohttp.ClientPayloadError,), "lost", "the answer broke off"),
    ((aiohttp.ClientResponseError,), "lost", "what came back is not HTTP"),
)


def _broken(error: Exception, elapsed_ms: float) -> Broken:
    """Translate what the network did. Never the error's own text: it may hold the request's headers."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, _RefusedError):
        return Broken("unreachable", sent=False, detail=str(error.os_error), elapsed_ms=elapsed_ms)
    if isinstance(error, _HeldBackError):
        return Broken("lost", sent=False, detail="it was not to leave any more", elapsed_ms=elapsed_ms)
    kind, words = next(
        ((kind, words) for errors, kind, words in _MEANINGS if isinstance(error, errors)),
        _OTHERWISE,
    )
    reason = _reason(error) if kind == "unreachable" else ""
    return Broken(kind, kind != "unreachable", words + reason, elapsed_ms)


def _reason(error: Exception) -> str:
    """``: connection refused``, by its number: asyncio's own words only repeat the address."""
    if not isinstance(error, aiohttp.ClientConnectorError) or isinstance(error, aiohttp.ClientSSLError):
        return ""
    return f": {os.strerror(error.errno).lower()}" if error.errno and error.errno > 0 else ""
