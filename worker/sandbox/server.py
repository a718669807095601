"""The sandbox on a socket: reads a request, lets the Sandbox decide, does what it says."""

import asyncio
from typing import Any, Final

import orjson
from aiohttp import web

from worker.errors import UsageError
from worker.sandbox.answer import Answer, problem
from worker.sandbox.received import Received
from worker.sandbox.sandbox import Decision, Sandbox

#: Larger bodies are refused with 413. Nobody practises with more, and the sandbox holds each one whole.
_MOST_BODY_BYTES: Final = 64 * 1024 * 1024

#: Connections that may wait to be accepted: a benchmark opens its whole pool at once.
_BACKLOG: Final = 1024

#: How long an answer that is under way may still take when the sandbox is closed; aiohttp takes 0 for "for ever".
_GRACE_S: Final = 0.05

_CONTROL: Final = "/__sandbox__/"


class Running:
    """A sandbox that listens.

    Attributes:
        url: without a slash at its end, e.g. ``http://127.0.0.1:8700``, and with the sandbox's prefix.
    """

    def __init__(self, url: str, server: web.Server, listener: asyncio.Server) -> None:
        self.url = url
        self._server = server
        self._listener = listener

    async def close(self) -> None:
        """Stop listening and close every connection."""
        self._listener.close()
        self._server.pre_shutdown()
        await self._server.shutdown(timeout=_GRACE_S)
        await self._listener.wait_closed()


async def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Listen; port 0 takes a free one.

    Raises:
        UsageError: the address cannot be listened on.
    """
    loop = asyncio.get_running_loop()
    server = web.Server(_Handler(sandbox).handle, request_factory=_request, access_log=None)

    def accept() -> web.RequestHandler:
        sandbox.counts.connections += 1
        return server()

    try:
        listener = await loop.create_server(accept, host, port, backlog=_BACKLOG)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}: choose another port") from error
    bound_host, bound_port = listener.sockets[0].getsockname()[:2]
    name = f"[{bound_host}]" if ":" in bound_host else bound_host
    return Running(f"http://{name}:{bound_port}{sandbox.prefix}", server, listener)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MOST_BODY_BYTES)


class _Handler:
    """One catch-all: no router, no middleware, nothing per request that is not needed."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        target, _, query = request.raw_path.partition("?")
        before, control, name = target.partition(_CONTROL)
        if control and before in ("", self._sandbox.prefix):  # so that url + "/__sandbox__/counts" works either way
            return await self._control(request, name)
        try:
            content = await request.read() if request.can_read_body else b""
        except web.HTTPRequestEntityTooLarge:
            return _response(problem(413, f"a body may have {_MOST_BODY_BYTES} bytes"))
        except (web.RequestPayloadError, ConnectionError) as error:
            return _response(problem(400, f"the body cannot be read: {error}"))
        decision = self._sandbox.decide(_received(request, target, query, content))
        return await self._carry_out(request, decision)

    async def _carry_out(self, request: web.BaseRequest, decision: Decision) -> web.StreamResponse:
        if decision.delay_s:
            await self._sandbox.clock.sleep(decision.delay_s)
        if decision.dropped:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if decision.drip_s:
            return await self._drip(request, decision.answer, decision.drip_s)
        return _response(decision.answer)

    async def _drip(self, request: web.BaseRequest, answer: Answer, pause_s: float) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.content_length = len(answer.body)
        try:
            await response.prepare(request)
            for position in range(len(answer.body)):
                await response.write(answer.body[position : position + 1])
                await self._sandbox.clock.sleep(pause_s)
            await response.write_eof()
        except ConnectionError:
            pass  # the client has had enough: that is what a slow answer is for
        return response

    async def _control(self, request: web.BaseRequest, name: str) -> web.StreamResponse:
        sandbox = self._sandbox
        match request.method, name:
            case "GET", "counts":
                counts = sandbox.counts.as_json(sandbox.peak_per_window)
                return _response(Answer(200, orjson.dumps(counts), {"Content-Type": "application/json"}))
            case "POST", "reset":
                sandbox.reset()
                return _response(Answer(204))
            case "POST", "token":
                return _response(sandbox.tokens.grant(_received(request, "", "", await request.read())))
            case "GET", "requests" if sandbox.records is not None:
                response = web.StreamResponse(headers={"Content-Type": "application/jsonl"})
                await response.prepare(request)
                for page in sandbox.records.pages():
                    await response.write(page)
                return response
            case "GET", "requests":
                return _response(problem(404, "requests are not remembered: start the sandbox with --remember"))
            case _:
                return _response(problem(404, "there are GET counts, POST reset, POST token and GET requests"))


def _received(request: web.BaseRequest, target: str, query: str, content: bytes) -> Received:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        separator = "; " if lower == "cookie" else ", "
        headers[lower] = f"{headers[lower]}{separator}{value}" if lower in headers else value
    return Received(request.method, target, query, headers, content)


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
