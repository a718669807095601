"""The default transport against servers that do what servers do."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from worker.clock import SystemClock
from worker.errors import StoreGoneError
from worker.outcome import Answer, Broken, Reply, Request
from worker.transport.aiohttp import AiohttpTransport, Options

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]
Speak = Callable[[bytes], Awaitable[str]]


def request(url: str, method: str = "POST", body: bytes | None = b'{"n": 1}') -> Request:
    """A request with a secret in its headers."""
    return Request(method, url, {"Authorization": "Bearer hunter2", "X-Trace": "ä"}, body, idempotent=False)


@pytest.fixture
async def transport() -> AsyncIterator[AiohttpTransport]:
    """Two connections, half a second, a hundred bytes."""
    made = AiohttpTransport(Options(2, 0.5, 0.25, 100), SystemClock())
    yield made
    await made.close()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """An HTTP server with a handler; its url."""
    runners: list[web.ServerRunner] = []

    async def begin(handler: Handler) -> str:
        runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=0.01)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    yield begin
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def speak() -> AsyncIterator[Speak]:
    """A server that says these bytes to whatever it hears, and hangs up; its url."""
    servers: list[asyncio.Server] = []

    async def begin(words: bytes) -> str:
        async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.write(words)
            writer.close()

        server = await asyncio.start_server(say, "127.0.0.1", 0)
        servers.append(server)
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield begin
    for server in servers:
        server.close()


def broken(reply: Reply | BaseException) -> tuple[str, bool, str]:
    """Kind, whether it may have been sent, and the words, of a reply that is none."""
    assert isinstance(reply, Broken)
    assert "hunter2" not in repr(reply)
    return reply.kind, reply.sent, reply.detail


async def test_the_very_bytes_of_the_request_are_sent(transport: AiohttpTransport, serve: Serve) -> None:
    """Method, percent-encoded target, headers and body, with nothing mended on the way."""
    seen: list[tuple[str, str, str, bytes]] = []

    async def handler(got: web.BaseRequest) -> web.StreamResponse:
        seen.append((got.method, got.raw_path, got.headers["X-Trace"], await got.read()))
        return web.Response(status=201, text="done", headers={"X-Limit": "7"})

    url = await serve(handler)
    reply = await transport.send(request(f"{url}/a%2Fb/%7Ec?q=x%20y&z=%2B", body=b'{"n":  1}'))
    assert seen == [("POST", "/a%2Fb/%7Ec?q=x%20y&z=%2B", "ä", b'{"n":  1}')]
    assert isinstance(reply, Answer)
    assert (reply.status, reply.body, reply.truncated) == (201, b"done", False)
    assert reply.headers["x-limit"] == "7"
    assert reply.elapsed_ms > 0


async def test_a_request_may_wait_again_after_a_connection_was_made_for_it(
    transport: AiohttpTransport, serve: Serve
) -> None:
    """A handshake takes its time, and slots pass; on a connection that was there nothing is waited for."""
    told: list[str] = []

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        told.append("request")
        return web.Response()

    async def connected() -> bool:
        told.append("connected")
        return True

    url = await serve(handler)
    for _ in range(2):
        assert isinstance(await transport.send(request(url)._replace(connected=connected)), Answer)
    assert told == ["connected", "request", "request"]


@pytest.mark.parametrize("how", ["no", "failed", "cancelled"])
async def test_a_connection_that_came_too_late_is_given_up(transport: AiohttpTransport, how: str) -> None:
    """Whatever kept its request from leaving: nothing is sent, and the server hears that the connection is closed."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    asked = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())
        writer.close()

    async def connected() -> bool:
        asked.set()
        if how == "failed":
            raise StoreGoneError("no connection to store.example")
        if how == "cancelled":
            await asyncio.Event().wait()
        return False

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sending = asyncio.create_task(transport.send(request(url)._replace(connected=connected)))
    await asked.wait()
    if how == "cancelled":
        sending.cancel()
    (outcome,) = await asyncio.gather(sending, return_exceptions=True)
    assert await heard == b""
    server.close()
    if how == "no":
        assert broken(outcome) == ("lost", False, "it was not to leave any more")
    else:
        assert isinstance(outcome, StoreGoneError if how == "failed" else asyncio.CancelledError)


async def test_no_request_is_sent_twice_behind_our_back(transport: AiohttpTransport) -> None:
    """A kept connection that the server closes on its next request: aiohttp would send a PUT again by itself."""
    seen: list[bytes] = []

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    first, second = [await transport.send(request(url, method="PUT")) for _ in range(2)]
    server.close()
    assert isinstance(first, Answer)
    assert broken(second)[:2] == ("lost", True)
    assert len(seen) == 2


async def test_redirects_are_not_followed_and_cookies_not_kept(transport: AiohttpTransport, serve: Serve) -> None:
    """The answer is the redirect; what it set is not sent with the next request."""
    cookies: list[str | None] = []

    async def handler(got: web.BaseRequest) -> web.StreamResponse:
        cookies.append(got.headers.get("Cookie"))
        return web.Response(status=302, headers={"Location": "/elsewhere", "Set-Cookie": "a=b"})

    url = await serve(handler)
    replies = [await transport.send(request(url)) for _ in range(2)]
    assert [reply.status for reply in replies if isinstance(reply, Answer)] == [302, 302]
    assert cookies == [None, None]


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_long_answer_is_cut(transport: AiohttpTransport, serve: Serve, *, compressed: bool) -> None:
    """Also one that is long only once it is unpacked; the next request goes well."""
    long = b"x" * 1_000_000

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        headers = {"Content-Encoding": "gzip"} if compressed else {}
        return web.Response(body=gzip.compress(long) if compressed else long, headers=headers)

    url = await serve(handler)
    for _ in range(3):
        reply = await transport.send(request(url))
        assert isinstance(reply, Answer)
        assert (reply.body, reply.truncated) == (b"x" * 100, True)


async def test_connections_are_kept_and_there_are_no_more_than_allowed(
    transport: AiohttpTransport, serve: Serve
) -> None:
    """Forty requests at once over two connections."""
    seen: set[object] = set()

    async def handler(got: web.BaseRequest) -> web.StreamResponse:
        seen.add(got.transport and got.transport.get_extra_info("peername"))
        return web.Response()

    url = await serve(handler)
    replies = await asyncio.gather(*(transport.send(request(url)) for _ in range(40)))
    assert all(isinstance(reply, Answer) for reply in replies)
    assert 1 <= len(seen) <= 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (b"", ("lost", True, "the connection was closed before the answer")),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", ("lost", True, "what came back is not HTTP")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", ("lost", True, "the answer broke off")),
    ],
)
async def test_an_answer_that_is_none_may_mean_that_it_was_done(
    transport: AiohttpTransport, speak: Speak, words: bytes, expected: tuple[str, bool, str]
) -> None:
    """The request has left, so nobody can tell."""
    assert broken(await transport.send(request(f"http://{await speak(words)}"))) == expected


async def test_what_never_left_is_unreachable(transport: AiohttpTransport, speak: Speak) -> None:
    """Nobody there, no such host, no TLS: it was not sent, whatever else is wrong."""
    plain = await speak(b"SSH-2.0-OpenSSH_9\r\n\r\n")
    no_tls = "no TLS connection: does base_url need http instead of https?"
    refused = ("unreachable", False, "no connection: connection refused")
    assert broken(await transport.send(request("http://127.0.0.1:1/"))) == refused
    assert broken(await transport.send(request("http://host.invalid/"))) == ("unreachable", False, "no such host")
    assert broken(await transport.send(request(f"https://{plain}"))) == ("unreachable", False, no_tls)


async def test_an_answer_that_takes_too_long_may_mean_that_it_was_done(
    transport: AiohttpTransport, serve: Serve
) -> None:
    """The whole exchange has half a second."""
    never = asyncio.Event()

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    url = await serve(handler)
    assert broken(await transport.send(request(url))) == ("timeout", True, "no complete answer in time")
    never.set()


async def test_cancelling_is_let_through(transport: AiohttpTransport, serve: Serve) -> None:
    """And the transport works afterwards."""
    entered, go = asyncio.Event(), asyncio.Event()

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        entered.set()
        await go.wait()
        return web.Response()

    url = await serve(handler)
    sending = asyncio.create_task(transport.send(request(url)))
    await entered.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    go.set()
    assert isinstance(await transport.send(request(url)), Answer)


def test_no_error_of_the_client_goes_through_unnamed() -> None:
    """Every exception of aiohttp's that a request can end with is one of the families that ``send`` catches."""
    errors = [one for one in vars(aiohttp).values() if isinstance(one, type) and issubclass(one, Exception)]
    raised = [one for one in errors if one.__name__.startswith(("Client", "Server", "Invalid", "TooMany"))]
    assert raised
    for one in raised:
        assert issubclass(one, (aiohttp.ClientError, OSError, TimeoutError)), one
