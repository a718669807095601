"""APIs that ask their clients for a certificate."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web

from worker.auth.client_certificate import tls
from worker.clock import SystemClock
from worker.errors import ConfigError
from worker.outcome import Answer, Request
from worker.settings.auth import MtlsAuth
from worker.settings.secret import Secret
from worker.transport.aiohttp import AiohttpTransport, Options

_FOLDER: Final = Path(__file__).parent / "certificates"
_CLIENT: Final = MtlsAuth(_FOLDER / "client.pem", _FOLDER / "client.key")
_LOCKED: Final = _FOLDER / "client-locked.key"


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """An API that answers with whose certificate it was shown."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        shown = request.get_extra_info("peercert")
        return web.Response(text=str(shown["subject"][0][0][1]))

    asks = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asks.load_cert_chain(_FOLDER / "server.pem", _FOLDER / "server.key")
    asks.verify_mode = ssl.CERT_REQUIRED
    asks.load_verify_locations(_FOLDER / "client.pem")
    runner = web.ServerRunner(web.Server(answer, access_log=None), shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=asks).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.mark.parametrize("client", [_CLIENT, MtlsAuth(_CLIENT.certificate, _LOCKED, Secret("hunter2"))])
async def test_the_client_shows_its_certificate(url: str, client: MtlsAuth) -> None:
    """With a key that is locked, too; the server's own is checked as ever."""
    context = tls(client)
    context.load_verify_locations(_FOLDER / "server.pem")
    transport = AiohttpTransport(Options(1, 5, 5, 100, tls=context), SystemClock())
    reply = await transport.send(Request("GET", url, {}, None, idempotent=True))
    await transport.close()
    assert isinstance(reply, Answer)
    assert reply.body == b"worker"


@pytest.mark.parametrize("password", [None, Secret("wrong-hunter")])
def test_a_certificate_that_cannot_be_used_is_a_mistake_in_the_config(password: Secret | None) -> None:
    """Both files are named, the password never, and no terminal is asked for it."""
    with pytest.raises(ConfigError) as raised:
        tls(MtlsAuth(_CLIENT.certificate, _LOCKED, password))
    assert str(_CLIENT.certificate) in str(raised.value)
    assert str(_LOCKED) in str(raised.value)
    assert "hunter" not in str(raised.value)


def test_a_key_of_another_certificate_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigError, match="cannot be used"):
        tls(MtlsAuth(_CLIENT.certificate, _FOLDER / "server.key"))
