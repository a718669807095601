"""What a ``valkey://`` URL says: which server, as whom, and under which names."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from worker.errors import ConfigError
from worker.settings.store_url import without_password

_TLS: Final = {"valkeys", "rediss"}
_PORT: Final = 6379
_PREFIX: Final = "preflight"
_PREFIX_FORM: Final = re.compile(r"[A-Za-z0-9_.:-]+")
#: Files of TLS, by the names that redis-py gives them.
_TLS_FILES: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_KNOWN: Final = ("prefix", "cluster", "sentinel", "sentinel_password", *_TLS_FILES)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the queue is.

    Attributes:
        shown: the URL without its passwords.
        nodes: hosts and ports: of the server; of some nodes of a cluster; of sentinels.
        sentinel: the name by which sentinels know the server; None where it is named itself.
        prefix: what the names of all keys begin with, as one hash tag: in a cluster they are all on one node.
        tls_files: paths by the client's names for them.
    """

    shown: str
    nodes: tuple[tuple[str, int], ...]
    database: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    tls_files: tuple[tuple[str, str], ...] = ()
    prefix: str = "{preflight}"
    cluster: bool = False
    sentinel: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)


def read_address(url: str) -> Address:
    """What a URL says.

    Raises:
        ConfigError: it names something that we do not know, or that is not possible.
    """
    shown = without_password(url)
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - set(_KNOWN)):
        raise _wrong(shown, f"unknown parameter {', '.join(unknown)}: there are {', '.join(_KNOWN)}")
    prefix = options.get("prefix", _PREFIX)
    if not _PREFIX_FORM.fullmatch(prefix):
        raise _wrong(shown, f"prefix = {prefix!r}: use letters, digits and _ . : -")
    cluster = options.get("cluster", "false")
    if cluster not in {"true", "false"}:
        raise _wrong(shown, f"cluster = {cluster!r}: write true or false")
    sentinel = options.get("sentinel")
    if sentinel is not None and cluster == "true":
        raise _wrong(shown, "a cluster needs no sentinel: write one of both")
    nodes = tuple(_node(host) for host in parts.netloc.rpartition("@")[2].split(","))
    if len(nodes) > 1 and sentinel is None and cluster == "false":
        raise _wrong(shown, "names several servers: write ?sentinel=NAME or ?cluster=true")
    tls = parts.scheme in _TLS
    files = tuple((name, options[name]) for name in _TLS_FILES if name in options)
    if files and not tls:
        raise _wrong(shown, f"{files[0][0]} is for TLS: write valkeys:// or rediss://")
    return Address(
        shown=shown,
        nodes=nodes,
        database=_database(shown, parts.path, cluster=cluster == "true"),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
        tls_files=files,
        prefix=f"{{{prefix}}}",
        cluster=cluster == "true",
        sentinel=sentinel,
        sentinel_password=options.get("sentinel_password"),
    )


def _node(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    return parts.hostname or "localhost", parts.port or _PORT


def _database(shown: str, path: str, *, cluster: bool) -> int:
    text = path.strip("/") or "0"
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise _wrong(shown, f"/{text} is no database: write its number")
    if cluster and int(text):
        raise _wrong(shown, "a cluster has only database 0")
    return int(text)


def _wrong(shown: str, what: str) -> ConfigError:
    return ConfigError(f"queue.url = {shown}: {what}")
