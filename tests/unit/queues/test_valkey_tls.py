"""A queue behind TLS."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from worker.errors import StoreError
from worker.job import Entry, Lane
from worker.ports import Accepted

ENTRY = Entry("a", Lane("shop", "order"), '{"id":"a"}')


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs the program openssl, to make a certificate")
    made = {name: str(tmp_path / name) for name in ("cert.pem", "key.pem")}
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=queue"
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", made["key.pem"], "-out", made["cert.pem"])
    subprocess.run([program, *words.split(), *names], check=True, capture_output=True)
    return made


@pytest.fixture
async def tls_url(valkey_prefix: str, certificate: dict[str, str]) -> AsyncIterator[str]:
    """Something that speaks TLS in front of a server that, from its wheel, does not."""
    parts = urlsplit(valkey_prefix)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate["cert.pem"], certificate["key.pem"])

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(pass_on(reader, behind[1]), pass_on(behind[0], writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    yield f"valkeys://:{parts.password}@127.0.0.1:{port}/0?{parts.query}"
    server.close()


async def test_a_queue_is_reached_through_tls(open_valkey: Any, tls_url: str, certificate: dict[str, str]) -> None:
    """With the authority that the URL names."""
    store = await open_valkey(f"{tls_url}&ssl_ca_certs={certificate['cert.pem']}")

    assert await store.queue.enqueue([ENTRY]) == Accepted(1)


async def test_a_server_that_cannot_prove_itself_is_not_told_the_password(open_valkey: Any, tls_url: str) -> None:
    """Nobody has vouched for its certificate."""
    with pytest.raises(StoreError, match="certificate verify failed"):
        await open_valkey(tls_url)
