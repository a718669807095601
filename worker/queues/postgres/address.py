"""Where a ``postgresql://`` URL leads: asyncpg's own URL, the schema, and what every connection is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from worker.errors import ConfigError
from worker.settings.store_url import DEFAULT_SCHEMA, schema_fault, without_password

#: What our connections ask for; a URL may say otherwise. Our statements take milliseconds, and the client gives up a
#: little later than the server does (see ``pool.py``), so that it can tell a slow server from one that is gone.
_SETTINGS: Final = {
    "statement_timeout": "8s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "30",  # seconds until the server finds out that a machine has gone, and frees its locks
    "tcp_keepalives_interval": "5",
    "default_transaction_isolation": "read committed",  # every fence is checked under a lock, on the newest row
    "plan_cache_mode": "force_generic_plan",  # planning costs as much as a batch, and there is one good plan
    "enable_seqscan": "off",  # it looks cheap as long as the statistics are those of an empty queue
    "jit": "off",  # compiling costs a hundred times what it saves
}
_NAME: Final = {"application_name": "preflight"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the tables are.

    Attributes:
        dsn: for asyncpg, with the password.
        settings: what a connection is told once it is there: a pooler in between takes nothing of that as it is made.
        schema: the name of our schema.
        shown: the URL as it may be shown.
    """

    dsn: str
    schema: str
    shown: str
    settings: Mapping[str, str] = field(default_factory=dict)


def address_of(url: str) -> Address:
    """Take a URL apart.

    Raises:
        ConfigError: its schema is no simple name.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    schema, shown = query.pop("schema", DEFAULT_SCHEMA), without_password(url)
    if (wrong := schema_fault(schema)) is not None:
        raise ConfigError(f"queue.url = {shown}: {wrong}")
    settings = {name: query.pop(name, value) for name, value in _SETTINGS.items()}
    return Address(parts._replace(query=urlencode(_NAME | query)).geturl(), schema, shown, settings)
