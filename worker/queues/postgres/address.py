"""Where a ``postgresql://`` URL leads: asyncpg's own URL, the schema, and what every connection is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from worker.errors import ConfigError
from worker.settings.store_url import DEFAULT_SCHEMA, schema_fault, without_password

#: What our connections ask for; a URL may say otherwise.
_SETTINGS: Final = {
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "30",  # seconds until the server finds out that a machine has gone, and frees its locks
    "tcp_keepalives_interval": "5",
    "default_transaction_isolation": "read committed",  # every fence is checked under a lock, on the newest row
    "plan_cache_mode": "force_generic_plan",  # planning costs as much as a batch, and there is one good plan
    "enable_seqscan": "off",  # it looks cheap as long as the statistics are those of an empty queue
    "jit": "off",  # compiling costs a hundred times what it saves
}
#: How long the server may take for what takes milliseconds: seconds at the most, and a share of how long its answer is
#: waited for. It gives up before the client does, so that one that is slow can be told from one that is gone.
_TIMEOUTS: Final = {"statement_timeout": (8.0, 2 / 3), "lock_timeout": (5.0, 1 / 2)}
_NAME: Final = {"application_name": "preflight"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the tables are.

    Attributes:
        dsn: for asyncpg, with the password.
        schema: the name of our schema.
        shown: the URL as it may be shown.
        settings: of connections, apart from what is ``told`` besides. They are no part of the dsn: a pooler lets nobody
            in who brings some along.
    """

    dsn: str
    schema: str
    shown: str
    settings: Mapping[str, str]

    def told(self, answer_s: float) -> dict[str, str]:
        """What a connection is told, once it is there, of whose answers we wait so many seconds."""
        timeouts = {name: f"{1000 * min(most, share * answer_s):.0f}ms" for name, (most, share) in _TIMEOUTS.items()}
        return {**timeouts, **self.settings}


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
    settings |= {name: query.pop(name) for name in _TIMEOUTS if name in query}
    return Address(parts._replace(query=urlencode(_NAME | query)).geturl(), schema, shown, settings)
