"""The servers of the tests: a crash takes nothing that was committed, and nothing is left behind."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import asyncpg
import psutil
import pytest
import redis.asyncio

from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer

OwnPostgres = Callable[..., PostgresServer]
OwnValkey = Callable[..., ValkeyServer]
Eventually = Callable[[Callable[[], bool]], None]

_ENDINGS: Final = ("stop", "kill")
_ROOT: Final = Path(__file__).parents[3]
_ABANDONED: Final = """
import os, signal
from tests.servers.{module} import {kind}
server = {kind}().start()
print(server.folder, server._pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


async def _noted(url: str) -> list[int]:
    """The numbers that PostgreSQL has noted, after noting another."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS noted (number serial)")
        await connection.execute("INSERT INTO noted DEFAULT VALUES")
        return [row["number"] for row in await connection.fetch("SELECT number FROM noted")]
    finally:
        await connection.close()


@pytest.mark.parametrize("ending", _ENDINGS)
async def test_postgresql_comes_back_with_its_data(own_postgres: OwnPostgres, ending: str) -> None:
    """On the same port, also after the hardest end."""
    server = own_postgres(durable=True)
    url = server.url
    before = await _noted(url)

    getattr(server, ending)()
    server.start()

    assert server.url == url
    assert len(await _noted(url)) == len(before) + 1


@pytest.mark.parametrize("ending", _ENDINGS)
async def test_valkey_comes_back_with_its_data(own_valkey: OwnValkey, ending: str) -> None:
    """On the same port, also after the hardest end."""
    server = own_valkey(durable=True)
    url = server.url.replace("valkey://", "redis://")
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.set("noted", "here")

    getattr(server, ending)()
    server.start()

    async with redis.asyncio.Redis.from_url(url) as client:
        assert await client.get("noted") == b"here"


async def test_a_connection_that_is_open_does_not_keep_postgresql_from_ending(own_postgres: OwnPostgres) -> None:
    """A stop is one, whoever is connected."""
    server = own_postgres()
    connection = await asyncpg.connect(server.url)

    server.stop()

    with pytest.raises(asyncpg.PostgresError):
        await connection.execute("SELECT 1")


async def test_each_test_has_a_schema_of_its_own(postgres_schema: str) -> None:
    """Its name is in the URL, and it is not there yet."""
    url, _, name = postgres_schema.partition("?schema=")
    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("SELECT to_regnamespace($1)", name) is None
    finally:
        await connection.close()


async def test_each_test_has_a_prefix_of_its_own(valkey_prefix: str) -> None:
    """Its name is in the URL, and no key bears it yet."""
    url, _, prefix = valkey_prefix.replace("valkey://", "redis://").partition("?prefix=")
    async with redis.asyncio.Redis.from_url(url) as client:
        assert not await client.keys(f"*{prefix}*")


@pytest.mark.parametrize("kind", [PostgresServer, ValkeyServer])
def test_a_server_that_does_not_start_says_why(kind: type[PostgresServer | ValkeyServer]) -> None:
    """With what it said itself; and it leaves nothing behind."""
    with closing(kind(settings={"no_such_setting": "1"})) as server, pytest.raises(AssertionError, match="no_such_se"):
        server.start()

    assert not server.folder.exists()


@pytest.mark.parametrize(("module", "kind"), [("postgres", "PostgresServer"), ("valkey", "ValkeyServer")])
def test_a_server_ends_with_the_process_that_started_it(module: str, kind: str, eventually: Eventually) -> None:
    """Even one that was killed leaves neither a process nor a folder."""
    killed = subprocess.run(
        [sys.executable, "-c", _ABANDONED.format(module=module, kind=kind)],
        cwd=_ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    folder, _, server = killed.stdout.strip().partition(" ")

    assert killed.returncode == -9, killed.stderr
    eventually(lambda: not psutil.pid_exists(int(server)))
    eventually(lambda: not Path(folder).exists())
