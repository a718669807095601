"""The errors of PostgreSQL and of its client in our words: one table, used wherever asyncpg is called."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from worker.errors import ConfigError, PreflightError, StoreBusyError, StoreError, StoreFullError, StoreGoneError

#: What uvloop says where asyncpg writes to a connection of which it does not know yet that it broke.
_CLOSED: Final = "the handler is closed"

_GONE: Final = (StoreGoneError, "{url} is away ({detail}): is the server up, and the address right?")
_BUSY: Final = (StoreBusyError, "{url} is busy ({detail}): trying again helps")
_FULL: Final = (
    StoreFullError,
    "no room left for {url}: free space on its server's disk, then run again; a worker that runs goes on by itself",
)
_REFUSED: Final = (StoreError, "{url} lets nobody in with this user and password ({detail}): correct queue.url")
_FORBIDDEN: Final = (
    StoreError,
    (
        "{url}: {detail}: this user needs a schema of its own; as the owner of the database: "
        "CREATE SCHEMA {schema} AUTHORIZATION its_name"
    ),
)
_FOREIGN: Final = (StoreError, "{url}: {detail}: the schema {schema} holds somebody else's tables: name another one")
_MISSING: Final = (StoreError, "{url}: {detail}: the tables of the schema {schema} were changed: restore them")

_POOLED: Final = (
    StoreError,
    (
        "{url}: {detail}: a pooler shares out connections by transaction: give workers a pool in session mode, or name "
        "the server itself"
    ),
)

#: The beginning of an SQLSTATE -> our error and message. The first that fits counts.
#: https://www.postgresql.org/docs/current/errcodes-appendix.html
_TABLE: Final[tuple[tuple[str, tuple[type[StoreError], str]], ...]] = (
    ("08", _GONE),  # the connection broke
    ("57P04", (StoreError, "{url}: {detail}: name a database that exists")),  # it was dropped
    ("57P", _GONE),  # it shuts down, it starts up
    ("53300", _GONE),  # all of its connections are taken
    ("25006", _GONE),  # read-only: after a failover, this is not the primary any more
    ("25P03", _GONE),  # it ended the connection, because the transaction stood still
    ("53100", _FULL),
    ("53", _BUSY),
    ("57014", _BUSY),  # statement_timeout
    ("55P03", _BUSY),  # lock_timeout
    ("40", _BUSY),  # a deadlock, or transactions that cannot be put in an order
    ("23505", _BUSY),  # somebody else was quicker
    ("28", _REFUSED),
    ("3D000", (StoreError, "{url}: {detail}: name a database that exists, or create it")),
    ("42501", _FORBIDDEN),
    ("42704", (StoreError, "{url}: {detail}: what stands behind ? is schema=, or a setting of PostgreSQL")),
    ("42P05", _POOLED),  # a prepared statement of somebody else
    ("26000", _POOLED),  # one of ours, which somebody else has
    ("42P07", _FOREIGN),
    ("42723", _FOREIGN),
    ("42P01", _MISSING),
    ("42703", _MISSING),
    ("3F000", _MISSING),
    ("23514", _BUSY),  # no partition for a day that was remembered: a server that came back as it was before
)


def shared(url: str) -> StoreError:
    """The error about a pooler that gives two clients one connection."""
    kind, message = _POOLED
    return kind(message.format(url=url, detail="two of our connections are one"))


@contextmanager
def translated(url: str, schema: str) -> Iterator[None]:
    """Raise what asyncpg raises as our errors; ``url`` is without its password."""
    try:
        yield
    except asyncpg.ClientConfigurationError as error:
        raise ConfigError(f"queue.url = {url}: {error.args[0]}: correct it") from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
        raise _translation(error, url, schema) from error
    except RuntimeError as error:
        if _CLOSED not in str(error):
            raise
        raise _translation(error, url, schema) from error


def _translation(error: Exception, url: str, schema: str) -> PreflightError:
    match error:
        case asyncpg.PostgresError():
            kind, message = _of_state(getattr(error, "sqlstate", None) or "")
            detail = str(error.args[0])  # and not what it says in detail: that holds values
        case TimeoutError():
            (kind, message), detail = _GONE, "no answer"
        case OSError():
            (kind, message), detail = _GONE, error.strerror or str(error)
        case asyncpg.DataError():
            kind, message, detail = StoreError, "{url}: {detail}", str(error.args[0])
        case _:  # what asyncpg says of a connection that had broken before it was asked
            (kind, message), detail = _GONE, "the connection broke"
    return kind(message.format(url=url, schema=schema, detail=detail))


def _of_state(state: str) -> tuple[type[StoreError], str]:
    for prefix, found in _TABLE:
        if state.startswith(prefix):
            return found
    return StoreError, "{url}: {detail}: look into the server's log"
