import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from worker.auth.client_certificate import tls
from worker.clock import SystemClock
from worker.errors import ConfigError
from worker.outcome import Answer, Broken, Request
from worker.settings import MtlsAuth
from worker.settings.secret import Secret
from worker.transport.aiohttp import AiohttpTransport, Options

#: Of nobody: a certificate of 127.0.0.1 that signs itself, its key, the same key with a password, and another key.
_FOLDER: Final = Path(__file__).parent / "certificates"
_CERTIFICATE, _KEY, _LOCKED, _OTHER = (_FOLDER / f"{name}.pem" for name in ("cert", "key", "locked", "other"))
_PASSWORD: Final = Secret("hunter22", "env:KEY_PASSWORD")


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server that talks to nobody who does not show the certificate."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            await writer.drain()
        except (OSError, EOFError):
            pass  # whoever showed nothing is gone
        finally:
            writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=_CERTIFICATE)
    context.load_cert_chain(_CERTIFICATE, _KEY)
    context.verify_mode = ssl.CERT_REQUIRED
    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    "auth",
    [MtlsAuth(_CERTIFICATE, _KEY), MtlsAuth(_CERTIFICATE, _LOCKED, _PASSWORD), None],
    ids=["key", "key with a password", "none"],
)
async def test_connections_show_the_certificate(
    auth: MtlsAuth | None, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever has none gets no answer."""
    monkeypatch.setenv("SSL_CERT_FILE", str(_CERTIFICATE))  # whom we trust
    context = tls(auth) if auth else ssl.create_default_context()
    transport = AiohttpTransport(Options(1, 5.0, 5.0, 1000, tls=context), SystemClock())
    try:
        reply = await transport.send(Request("GET", f"https://127.0.0.1:{port}/", {}, None, idempotent=True))
    finally:
        await transport.close()
    assert isinstance(reply, Answer if auth else Broken)


@pytest.mark.parametrize(
    "auth",
    [
        MtlsAuth(_CERTIFICATE, _OTHER),
        MtlsAuth(_CERTIFICATE, _LOCKED),
        MtlsAuth(_CERTIFICATE, _LOCKED, Secret("wrong-password-9", "env:KEY_PASSWORD")),
        MtlsAuth(_CERTIFICATE),
        MtlsAuth(_CERTIFICATE, Path(__file__)),
        MtlsAuth(_FOLDER / "missing.pem", _KEY),
    ],
    ids=["another's key", "no password", "wrong password", "no key", "no PEM", "no file"],
)
def test_what_cannot_be_used_is_told_at_the_start(auth: MtlsAuth) -> None:
    """With the files, and without the password; and nobody is asked for one on the terminal."""
    with pytest.raises(ConfigError, match=r"the client certificate of .*\.pem.* cannot be used") as caught:
        tls(auth)
    assert "wrong-password-9" not in str(caught.value)
