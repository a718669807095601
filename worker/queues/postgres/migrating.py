"""Brings the tables to the version that this Preflight knows, or says why it will not use them."""

import re
from functools import cache
from importlib.resources import files
from typing import Final

import asyncpg

from worker.errors import StoreError
from worker.queues.postgres.address import Address, address_of
from worker.queues.postgres.pool import ANSWER_S, Connection, connect, reach, tell
from worker.queues.postgres.statements import placed, statement
from worker.queues.postgres.translation import shared, translated

_OLDEST: Final = 14  # what its makers still care for
_NUMBERED: Final = re.compile(r"(\d{4})_\w+\.sql")

#: Migrations rewrite tables, which takes as long as it takes.
_PATIENT: Final = {"statement_timeout": "0", "lock_timeout": "60s", "idle_in_transaction_session_timeout": "0"}
_PATIENCE_S: Final = 24 * 3600.0
_WHO: Final = "SELECT pg_backend_pid()"


@cache
def migrations() -> tuple[str, ...]:
    """The texts of ``migrations/``, in their order: the n-th leads to version n."""
    folder = files("worker.queues.postgres").joinpath("migrations")
    found = sorted(file.name for file in folder.iterdir() if _NUMBERED.fullmatch(file.name))
    return tuple(folder.joinpath(name).read_text(encoding="utf-8") for name in found)


async def migrate(url: str) -> tuple[int, int]:
    """Bring the tables of a URL to the present version, making them where there are none.

    Workers of the older version must have ended. All steps are one transaction.

    Returns:
        The version before, 0 where there were no tables, and the version after.

    Raises:
        StoreError: they are of a newer version, or the server is away or refuses; then no step was done.
        ConfigError: the URL cannot be used.
    """
    return await _migrate(address_of(url))


async def version(url: str) -> int:
    """The version of the tables of a URL, 0 where there are none; only reads.

    Raises:
        StoreError: the server is away or refuses, or is too old.
        ConfigError: the URL cannot be used.
    """
    return await _found(address_of(url))


async def check(address: Address) -> None:
    """Make the tables where there are none; refuse those of another version.

    Raises:
        StoreError: they are older or newer, or the server is too old.
    """
    found = await _found(address)
    if found == 0:
        await _migrate(address)
    elif found < len(migrations()):
        raise StoreError(
            f"{address.shown} was made by an older Preflight (schema {found}, this one needs {len(migrations())}): "
            "stop all workers, then run: preflight queue migrate"
        )
    elif found > len(migrations()):
        raise _newer(address, found)


async def _found(address: Address) -> int:
    with translated(address.shown, address.schema):
        connection = await reach(address)
        try:
            await _alone(connection, address)
            await tell(address.told(ANSWER_S), connection)
            major, found = connection.get_server_version().major, await _version(connection, address)
        finally:
            await connection.close()
    if major < _OLDEST:
        raise StoreError(f"{address.shown}: PostgreSQL {major} is too old: {_OLDEST} or newer is needed")
    return found


async def _alone(connection: Connection, address: Address) -> None:
    """Refuse a pooler that shares out connections by transaction, before others find our settings in theirs.

    Two that are there at the same time are then one and the same to the server, unless others are at work there.
    """
    other = await reach(address)
    try:
        if await connection.fetchval(_WHO) == await other.fetchval(_WHO):
            raise shared(address.shown)
    finally:
        await other.close()


async def _migrate(address: Address) -> tuple[int, int]:
    with translated(address.shown, address.schema):
        connection = await connect(address, **_PATIENT)
        try:
            return await _brought(connection, address), len(migrations())
        finally:
            await connection.close()


async def _brought(connection: Connection, address: Address) -> int:
    """Do what is missing, while nobody else does; the version before."""
    key = f"{address.schema}.migrations"
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
        before = await _version(connection, address)
        if before > len(migrations()):
            raise _newer(address, before)
        for number, script in enumerate(migrations()[before:], start=before + 1):
            await _step(connection, address.schema, number, script)
    return before


async def _step(connection: Connection, schema: str, number: int, script: str) -> None:
    if await connection.fetchval("SELECT to_regnamespace($1) IS NULL", schema):
        await connection.execute(f'CREATE SCHEMA "{schema}"')  # only now: IF NOT EXISTS asks for the right to it
    await connection.execute(placed(script, schema), timeout=_PATIENCE_S)
    await connection.execute(placed("UPDATE preflight.meta SET version = $1", schema), number)


async def _version(connection: Connection, address: Address) -> int:
    """Of the tables; 0 where there are none."""
    table = await connection.fetchval("SELECT to_regclass($1)", f'"{address.schema}".meta')
    if table is None:
        return 0
    try:
        version: int = await connection.fetchval(placed(statement("find_version"), address.schema))
    except asyncpg.UndefinedColumnError:
        told = f"{address.shown}: the schema {address.schema} is another program's: name another one"
        raise StoreError(told) from None
    return version


def _newer(address: Address, version: int) -> StoreError:
    return StoreError(
        f"{address.shown} was made by a newer Preflight (schema {version}, this one knows {len(migrations())}): upgrade"
    )
