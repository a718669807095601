"""Takes the URL of a Postman request apart: the server's part, a path template, the query."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

from worker.contract.postman.collection import Pair, Request, pairs
from worker.contract.postman.fields import known
from worker.contract.postman.infer import Unknown
from worker.contract.postman.variables import VARIABLE, Variables, replaced, text

_HEAD: Final = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*|\{\{[^{}]*\}\})://)?((?:\{\{[^{}]*\}\}|[^/{}])*)(.*)", re.DOTALL
)
#: ``:id``, and what follows it in the same segment.
_PATH_VARIABLE: Final = re.compile(r":([A-Za-z_][A-Za-z0-9_-]*)(.*)", re.DOTALL)
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


class Target(NamedTuple):
    """Where a request goes.

    Attributes:
        origin: scheme, host and port, or ``{{baseUrl}}`` where nothing is known of them.
        prefix: the path that the server's variable brings with it: ``/v2``, or empty.
        path: the template behind it, ``/shops/{shop}/orders``.
        values: of the names in the path, as far as they are known.
        descriptions: of the names in the path.
    """

    origin: str
    prefix: str
    path: str
    query: tuple[Pair, ...]
    values: Mapping[str, str | Unknown]
    descriptions: Mapping[str, str]


def target(request: Request) -> Target:
    """Take a request's URL apart."""
    before, _, query = written(request).partition("?")
    head = _HEAD.fullmatch(before)
    assert head is not None  # it matches any text
    scheme, host, rest = head.groups()
    base = request.variables.resolved(f"{scheme}://{host}" if scheme else host)
    origin, prefix = _server(base)
    path, values = _template(rest, request.variables)
    given = request.url if isinstance(request.url, dict) else {}
    described = {pair.name: pair for pair in pairs(given.get("variable"))}
    values |= {name: known(pair.value, request.variables) for name, pair in described.items() if name in values}
    listed = given.get("query")
    return Target(
        origin,
        prefix,
        path,
        tuple(pairs(listed) if isinstance(listed, list) else _parsed(query)),
        values,
        {name: pair.description for name, pair in described.items() if pair.description},
    )


def written(request: Request) -> str:
    """A request's URL as one text, without its fragment."""
    given = request.url if isinstance(request.url, dict) else {"raw": request.url}
    return (text(given.get("raw")) or _assembled(given)).strip().partition("#")[0]


def placeholders(path: str) -> list[str]:
    """The names in a path template, in order, as often as they stand there."""
    return _PLACEHOLDER.findall(path)


def signature(path: str) -> str:
    """The same text for templates that differ only by the names in them."""
    return _PLACEHOLDER.sub("{}", path)


def _assembled(given: Mapping[str, Any]) -> str:
    """A URL out of its parts."""
    protocol, port = text(given.get("protocol")), text(given.get("port"))
    host = _joined(given.get("host"), ".") + (f":{port}" if port else "")
    path = _joined(given.get("path"), "/")
    return (f"{protocol}://" if protocol else "") + host + (f"/{path.removeprefix('/')}" if path else "")


def _joined(given: Any, separator: str) -> str:
    parts = given if isinstance(given, list) else [given]
    return separator.join(text(part.get("value") if isinstance(part, dict) else part) for part in parts)


def _server(base: str) -> tuple[str, str]:
    """Origin and prefix; user and password are left out."""
    if "://" not in base:
        if not base or VARIABLE.match(base):
            return base, ""
        base = f"http://{base}"  # as Postman does
    scheme, _, rest = base.partition("://")
    host, slash, prefix = rest.partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}", f"{slash}{prefix}".rstrip("/")


def _template(rest: str, variables: Variables) -> tuple[str, dict[str, str | Unknown]]:
    """A path with a name in braces for each variable; those known ones that come first belong to the server."""
    values: dict[str, str | Unknown] = {}
    made: list[str] = []
    leading = True
    for segment in rest.lstrip("/").split("/"):
        resolved = variables.resolved(segment)
        leading = leading and bool(VARIABLE.search(segment)) and not VARIABLE.search(resolved)
        made.append(resolved if leading else "".join(_segment(segment, variables, values)))
    return "/" + "/".join(made), values


def _segment(segment: str, variables: Variables, values: dict[str, str | Unknown]) -> Iterator[str]:
    if match := _PATH_VARIABLE.fullmatch(segment):
        values.setdefault(match[1], Unknown.TEXT)
        yield f"{{{match[1]}}}"
        segment = match[2]

    def named(name: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_") or "value"
        values[plain] = known(f"{{{{{name}}}}}", variables)
        return f"{{{plain}}}"

    yield replaced(segment, named)


def _parsed(query: str) -> Iterator[Pair]:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name:
            yield Pair(unquote_plus(name), unquote_plus(value))
