"""Where the transport connects to: what was checked, and nothing else."""

import socket
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from worker.clock import SystemClock
from worker.outcome import Answer, Broken, Reply, Request
from worker.transport.aiohttp import AiohttpTransport, Options

_NAME: Final = "api.rebinding.test"  # no resolver in the world knows it


class Names(AbstractResolver):
    """A name server whose answer is another one at each look-up."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers: Iterator[list[str]] = iter(answers)
        self.asked = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - as asked
    ) -> list[ResolveResult]:
        """The next answer."""
        self.asked += 1
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in next(self._answers)
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Server:
    """Listens on the loopback and hangs up after each answer, so that each request needs a connection."""

    def __init__(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.01)
        self.requests = 0
        self.port = 0

    async def begin(self) -> None:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def end(self) -> None:
        """Hang up."""
        await self._runner.cleanup()

    async def _answer(self, _: web.BaseRequest) -> web.StreamResponse:
        self.requests += 1
        return web.Response(headers={"Connection": "close"})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """One that listens."""
    made = Server()
    await made.begin()
    yield made
    await made.end()


async def ask(host: str, port: int, names: AbstractResolver | None, *, allow_private: bool, times: int = 1) -> Reply:
    """The last reply of a transport of its own."""
    transport = AiohttpTransport(Options(2, 5, 5, 100, allow_private), SystemClock(), names)
    try:
        for _ in range(times):
            reply = await transport.send(Request("GET", f"http://{host}:{port}/", {}, None, idempotent=True))
    finally:
        await transport.close()
    return reply


def refused(reply: Reply) -> str:
    """Why a request never left."""
    assert isinstance(reply, Broken)
    assert (reply.kind, reply.sent) == ("unreachable", False)
    return reply.detail


async def test_the_connection_goes_to_the_very_address_that_was_checked(server: Server) -> None:
    """The name is not looked up again between check and connection: a second answer would be another one."""
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    reply = await ask(_NAME, server.port, names, allow_private=True, times=3)
    assert isinstance(reply, Answer)
    assert (server.requests, names.asked) == (3, 1)
    detail = refused(await ask(_NAME, server.port, names, allow_private=True))
    assert detail.startswith(f"{_NAME} is at 169.254.169.254")


async def test_a_name_that_is_bound_to_another_address_is_refused(server: Server) -> None:
    """However often it led to a public one; nothing gets to the server, and the remedy is named."""
    for answer in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]):
        detail = refused(await ask(_NAME, server.port, Names(answer), allow_private=False))
        assert detail.startswith(f"{_NAME} is at {answer[-1]}, a loopback address")
        assert "allow_private = true" in detail
    assert server.requests == 0


@pytest.mark.parametrize("host", ["localhost", "0x7f000001", "127.0.0.0x1"])
async def test_other_words_for_the_loopback_are_names(server: Server, host: str) -> None:
    """What the system's resolver makes of them is refused, and reached with allow_private."""
    assert "allow_private = true" in refused(await ask(host, server.port, None, allow_private=False))
    assert server.requests == 0
    assert isinstance(await ask(host, server.port, None, allow_private=True), Answer)


@pytest.mark.parametrize("host", ["2130706433", "017700000001", "0177.0.0.1", "127.1", "127.0.0.1."])
async def test_numbers_that_systems_read_in_different_ways_are_refused(server: Server, host: str) -> None:
    """With how an address is written."""
    assert "four" in refused(await ask(host, server.port, None, allow_private=True))
    assert server.requests == 0


async def test_an_address_in_base_url_is_taken_at_its_word(server: Server) -> None:
    """The loopback, without a look-up."""
    assert isinstance(await ask("127.0.0.1", server.port, Names(), allow_private=False), Answer)


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"])
async def test_nobody_asks_for_the_machines_own_credentials(host: str) -> None:
    """An address that is written out is no excuse, and nor is allow_private."""
    detail = refused(await ask(host, 80, Names(), allow_private=True))
    assert "credentials" in detail
