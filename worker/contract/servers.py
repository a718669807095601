"""Where a contract says that its API is: servers, and the variables in their URLs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from worker.errors import ContractError

_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")


def address(document: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """The URL of the first server, its variables filled in, without a slash at its end.

    Args:
        document: an OpenAPI document.
        variables: values by name; the document's defaults stand in for others.

    Raises:
        ContractError: there is no server, it is relative, or a value is not one of those that are allowed.
    """
    server = next(_servers(document), None)
    if server is None:
        raise ContractError("the contract names no server; write base_url")
    described = server.get("variables")
    known = described if isinstance(described, dict) else {}
    if strange := sorted(variables.keys() - known.keys()):
        raise ContractError(f"server_variables: the server has no {strange[0]!r}; it has {', '.join(known) or 'none'}")
    url = _VARIABLE.sub(lambda match: _value(match[1], known.get(match[1]), variables), server["url"])
    if not url.startswith(("http://", "https://")) or not _host(url):
        raise ContractError(f"the contract's server {url!r} is relative; write base_url")
    return url.rstrip("/")


def _value(name: str, described: Any, variables: Mapping[str, str]) -> str:
    about = described if isinstance(described, dict) else {}
    value = variables.get(name, about.get("default"))
    if value is None:
        raise ContractError(f"the server's variable {name!r} has no default; write it in server_variables")
    choices = about.get("enum")
    if isinstance(choices, list) and choices and value not in choices:
        raise ContractError(f"server_variables.{name} = {value!r}: one of {', '.join(map(str, choices))}")
    return str(value)


def elsewhere(document: Mapping[str, Any], own: Any, base_url: str) -> str | None:
    """The server of an operation that has its own, where that is another than ``base_url``; None where that is right.

    A base URL that is none of the document's own servers is a test system, a proxy: everything is there.
    """
    servers = [one["url"] for one in _servers({"servers": own}) if _host(one["url"])]
    if not servers or any(_fits(url, base_url) for url in servers):
        return None
    return servers[0] if any(_fits(one["url"], base_url) for one in _servers(document)) else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError as error:
        raise ContractError(f"the contract's server {url!r} is no URL ({error}); write base_url") from error


def _fits(url: str, base_url: str) -> bool:
    pattern = ".+".join(re.escape(text) for text in _VARIABLE.split(url.rstrip("/"))[::2])
    return re.fullmatch(pattern, base_url.rstrip("/")) is not None


def _servers(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    servers = document.get("servers")
    for server in servers if isinstance(servers, list) else ():
        if isinstance(server, dict) and isinstance(server.get("url"), str):
            yield server
