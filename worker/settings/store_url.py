"""The kind of ``queue.url``: which store, and where."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from worker.settings.kinds import text

Kind = Literal["memory", "sqlite", "postgres", "valkey"]

#: The schema of a PostgreSQL database that holds our tables.
DEFAULT_SCHEMA: Final = "preflight"

#: An identifier that means the same with and without quotes; short enough for the names that begin with it.
_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]{0,39}")

_MEMORY: Final = "memory://"
_SQLITE: Final = "sqlite:///"
_SERVERS: Final[dict[str, Kind]] = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "valkey": "valkey",
    "valkeys": "valkey",
    "redis": "valkey",
    "rediss": "valkey",
}


@dataclass(frozen=True)
class StoreUrl:
    """Which store, and where."""

    def read(self, raw: object, folder: Path, /) -> str:
        """The URL; of a file, with an absolute path where the folder is absolute."""
        url = text(raw)
        if url == _MEMORY:
            return url
        if _scheme(url) in _SERVERS:
            return _of_server(url)
        path = sqlite_path(url)
        if path is None or not path.name or re.search(r"[?#\x00]", url):
            raise ValueError(f"is no store: write {self}")
        return f"{_SQLITE}{folder / path}"

    def __str__(self) -> str:
        return "sqlite:///FILE, postgresql://..., valkey://..., redis://... or memory://"


def kind_of(url: str) -> Kind:
    """Which store a URL that was read names."""
    if url == _MEMORY:
        return "memory"
    return _SERVERS.get(_scheme(url), "sqlite")


def sqlite_path(url: str) -> Path | None:
    """The file of an ``sqlite:///`` URL; None for another store."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    if kind_of(url) in {"memory", "sqlite"}:
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    hidden = kind_of(url) == "valkey" and not colon  # a password that was taken for a user
    shown = f"{name}:...@{host}" if colon else f"{'...' if hidden and name else name}{at}{host}"
    query = re.sub(r"(?i)((?:^|&)[^=&]*password=)[^&]*", r"\1...", parts.query)
    return parts._replace(netloc=shown, query=query).geturl()


def schema_fault(schema: str) -> str | None:
    """What is wrong with the name of a schema, and what to do; None of a good one."""
    if _SCHEMA.fullmatch(schema):
        return None
    return f"schema={schema} is no name for a schema: write up to 40 of a-z, 0-9 and _, beginning with a letter"


def _scheme(url: str) -> str:
    return url.partition("://")[0] if "://" in url else ""


def _of_server(url: str) -> str:
    if re.search(r"[\s\x00-\x1f]", url):
        raise ValueError("holds blanks: percent-encode them")
    message = "is not a URL: write scheme://user:password@host:port/name, with / ? @ # : in passwords percent-encoded"
    try:
        for host in urlsplit(url).netloc.rpartition("@")[2].split(","):  # several, where one may take over from another
            _ = urlsplit(f"//{host}").port
    except ValueError:  # its words repeat a part of the URL, which may be one of the password
        raise ValueError(message) from None
    parts = urlsplit(url)
    if "@" in parts.path + parts.query:  # what stands before it is meant to be a user and a password
        raise ValueError(message)
    if "#" in url:
        raise ValueError("holds a #: percent-encode it as %23")
    return url
