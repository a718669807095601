"""Kinds of values that speak of HTTP: URLs, headers, statuses, media types."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from worker.settings.kinds import Text, text, wrong_type
from worker.settings.lists import items

_LAST_STATUS: Final = 599
_TCHARS: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110: token
_MEDIA_TYPE: Final = re.compile(rf"{_TCHARS}/{_TCHARS}", re.ASCII)

_HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f.]*:[0-9a-f:.]*(%\w+)?")
_NUMBER: Final = re.compile(r"([^:]*\.)?(\d+|0x[0-9a-f]*)\.?")  # a host that ends in one is an address, to whoever asks

#: Names that become parts of lanes and of keys.
NAME: Final = Text("a name: a letter, then letters, digits, _ or -", r"[A-Za-z][A-Za-z0-9_-]*")
#: Names of operations, which often are an ``operationId`` such as ``issues/create``.
OPERATION_NAME: Final = Text("a name: letters, digits and . / : _ -", r"[A-Za-z0-9][A-Za-z0-9./:_-]*")

HEADER_NAME: Final = Text("the name of a header: letters, digits and -", _TCHARS)
PATH_TEMPLATE: Final = Text("a path such as /shops/{shop}/orders, without ? or #", r"/(?:[^\s?#{}]|\{[^\s/?#{}]+\})*")


@dataclass(frozen=True)
class BaseUrl:
    """Where an API lives."""

    def read(self, raw: object, _folder: Path, /) -> str:
        """The URL without a slash at its end."""
        url = _absolute(raw)
        if "?" in url or "#" in url:
            raise ValueError("holds a query or fragment: take it out; parameters belong to jobs or to auth")
        return url.rstrip("/")

    def __str__(self) -> str:
        return "an absolute http or https URL"


@dataclass(frozen=True)
class Url:
    """A page of somebody's, as it is."""

    def read(self, raw: object, _folder: Path, /) -> str:
        """The URL."""
        url = _absolute(raw)
        if "#" in url:
            raise ValueError("holds a fragment, which is never sent: take it out")
        return url

    def __str__(self) -> str:
        return "an absolute http or https URL"


def _absolute(raw: object) -> str:
    """A URL that says where it leads, and to nobody's account."""
    url = text(raw)
    if re.search(r"[^!-~]|\\", url):
        raise ValueError("holds blanks or other characters that a URL cannot: percent-encode them")
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:  # its words repeat a part of the URL, which may be one of a password
        raise ValueError('is not a URL: write "https://host:port/path"') from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError('is not an absolute URL: write "https://host/path"')
    if "@" in parts.netloc:
        raise ValueError('holds a user or password: take them out and use auth with type = "basic"')
    if port == 0:
        raise ValueError("has port 0: write the port that the API listens on")
    if not _HOST.fullmatch(parts.hostname):
        raise ValueError("has a host that is no name and no address: write international names as xn--, not encoded")
    if _NUMBER.fullmatch(parts.hostname):
        _hold_to_ipv4(parts.hostname)
    return url


def _hold_to_ipv4(host: str) -> None:
    try:
        IPv4Address(host)
    except ValueError:
        message = "has an address that systems read in different ways: write four decimal numbers (127.0.0.1)"
        raise ValueError(message) from None


@dataclass(frozen=True)
class Headers:
    """Names and values of headers."""

    def read(self, raw: object, folder: Path, /) -> dict[str, str]:
        """The table, each name once whatever its case."""
        if not isinstance(raw, dict):
            raise wrong_type(raw, 'write a table such as { "X-Team" = "orders" }')
        headers = {HEADER_NAME.read(name, folder): _header_value(name, value) for name, value in raw.items()}
        if len({name.lower() for name in headers}) < len(headers):
            raise ValueError("names a header twice: case makes no difference; keep one")
        return headers

    def __str__(self) -> str:
        return "a table of texts"


@dataclass(frozen=True)
class Variables:
    """Names and values of the variables in a server's URL."""

    def read(self, raw: object, _folder: Path, /) -> dict[str, str]:
        """The table as it is."""
        if not isinstance(raw, dict):
            raise wrong_type(raw, 'write a table such as { region = "eu" }')
        for name, value in raw.items():
            if not isinstance(value, str):
                raise wrong_type(value, f"put the value of {name} in quotes")
        return raw

    def __str__(self) -> str:
        return "a table of texts"


def _header_value(name: str, raw: object) -> str:
    """What stands behind a header's name."""
    if not isinstance(raw, str):
        raise wrong_type(raw, f"put the value of {name} in quotes")
    if not raw.isprintable() or raw != raw.strip():
        raise ValueError(f"has a line break, a control character or a blank at an end of {name}: take it out")
    return raw  # as it is: it may know which variable it came from


@dataclass(frozen=True)
class Statuses:
    """HTTP statuses; an answer of 1xx is never the last."""

    low: int = 200

    def read(self, raw: object, _folder: Path, /) -> tuple[int, ...]:
        """The statuses, as listed."""
        statuses = items(raw, "[200, 201]")
        for status in statuses:
            if type(status) is not int or not self.low <= status <= _LAST_STATUS:
                raise ValueError(f"has {status!r} among its statuses: write whole numbers, {self}")
        return tuple(statuses)

    def __str__(self) -> str:
        return f"a list of statuses, {self.low} to {_LAST_STATUS}"


@dataclass(frozen=True)
class MediaTypes:
    """Media types without parameters."""

    def read(self, raw: object, _folder: Path, /) -> tuple[str, ...]:
        """The types in lower case, as listed."""
        types = items(raw, '["application/json"]')
        for media_type in types:
            if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
                raise ValueError(f'has {media_type!r} among its media types: write them like "application/json"')
        return tuple(media_type.lower() for media_type in types)

    def __str__(self) -> str:
        return "a list of media types"
