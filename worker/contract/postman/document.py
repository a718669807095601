"""Makes an OpenAPI 3.1 document, and the lines that the config needs, out of a Postman collection."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, NamedTuple

from worker.contract.postman.auth import Scheme, scheme
from worker.contract.postman.body import body
from worker.contract.postman.collection import Collection, Request
from worker.contract.postman.config import config
from worker.contract.postman.names import api_name, operation_name
from worker.contract.postman.notes import notes, problems
from worker.contract.postman.operation import Member, operation
from worker.contract.postman.url import signature, target
from worker.contract.postman.variables import VARIABLE, names, replaced
from worker.errors import ContractError
from worker.redaction import redact_text

_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
_SERVER: Final = re.compile(r"https?://.|\{\{")
_MOST_TOLD: Final = 3  # of what is alike: more of them say nothing new


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a collection.

    Attributes:
        document: OpenAPI 3.1.
        read: how much was read, in words.
        left_out: what was not, and why; a sentence each.
        notes: what had to be guessed, or is not known; a sentence each.
        config: lines of TOML.
    """

    document: Mapping[str, Any]
    read: str
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    config: str


class _Group(NamedTuple):
    """The requests that become one operation, and the template that it stands under."""

    method: str
    path: str
    members: list[Member]


def imported(collection: Collection, api: str | None, server: str | None, file: str | None) -> Imported:
    """Make the document.

    Args:
        collection: to be read.
        api: what the config is to call the API; None for the collection's own name.
        server: only requests that go there (``https://host``) are taken; None for where most of them go.
        file: what the document is called in the config; None goes by the API's name.

    Raises:
        ContractError: nothing is left to make operations of.
    """
    members = [_member(request) for request in collection.requests]
    sendable = [one for one in members if not _unsendable(one)]
    origin = _origin(sendable, server)
    here = [one for one in sendable if one.target.origin == origin]
    prefix, groups = _groups(here)
    left_out = [*collection.left_out, *filter(None, map(_unsendable, members)), *_elsewhere(sendable, origin)]
    if not groups:
        raise ContractError("; ".join(["it has no request that an operation could be made of", *left_out[:_MOST_TOLD]]))
    name, base = api or api_name(collection.name), origin + prefix
    noted = [*notes(base, here), *(problem for group in groups for problem in problems(group.members))]
    told = f"{sum(not one.request.is_sample for one in here):,} requests make {len(groups):,} operations at {base}"
    lines = config(name, base, file or f"{name}.openapi.json", here)
    return Imported(_document(collection, base, groups), told, tuple(left_out), tuple(dict.fromkeys(noted)), lines)


def _member(request: Request) -> Member:
    to = target(request)
    return Member(request, to, scheme(request, to.query), body(request))


def _unsendable(member: Member) -> str | None:
    """Why a request cannot become an operation; None where it can."""
    request, origin = member.request, member.target.origin
    if request.is_sample:
        return None
    if request.method not in _METHODS:
        return f"{request.title}: OpenAPI has no method {request.method}"
    if not _SERVER.match(origin):
        return f"{request.title}: its URL leads to no HTTP server"
    return None


def _origin(members: Sequence[Member], server: str | None) -> str:
    """The server whose requests are taken: the one that was asked for, or else the one that has most of them."""
    counts = Counter(one.target.origin for one in members if not one.request.is_sample)
    if server is None:
        return counts.most_common(1)[0][0] if counts else ""
    if server.rstrip("/") not in counts:
        raise ContractError(f"no request goes to {server}; they go to {', '.join(counts)}")
    return server.rstrip("/")


def _elsewhere(members: Sequence[Member], origin: str) -> Iterator[str]:
    """A sentence for each other server."""
    titles: dict[str, list[str]] = {}
    for one in members:
        if one.target.origin != origin and not one.request.is_sample:
            titles.setdefault(one.target.origin, []).append(one.request.title)
    for other, found in titles.items():
        more = f" and {len(found) - _MOST_TOLD:,} more" if len(found) > _MOST_TOLD else ""
        named = ", ".join(found[:_MOST_TOLD]) + more
        yield f"{named}: on another server; import that as an API of its own with --server {other}"


def _groups(members: Sequence[Member]) -> tuple[str, list[_Group]]:
    """The path that all servers' variables have in common, and the requests by method and path behind it."""
    columns = zip(*(one.target.prefix.split("/") for one in members), strict=False)
    common = "/".join(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))
    paths: dict[str, str] = {}
    found: dict[tuple[str, str], _Group] = {}
    for one in sorted(members, key=lambda one: one.request.is_sample):  # samples add to operations, and make none
        path = (one.target.prefix + one.target.path).removeprefix(common)
        key = one.request.method, signature(path)
        if key not in found and one.request.is_sample:
            continue
        template = paths.setdefault(signature(path), path)
        found.setdefault(key, _Group(one.request.method, template, [])).members.append(one)
    return common, list(found.values())


def _document(collection: Collection, base: str, groups: Sequence[_Group]) -> dict[str, Any]:
    info = {"title": collection.name, "version": "1"}
    if collection.description:
        info["description"] = redact_text(collection.description)
    schemes = _Schemes()
    paths: dict[str, dict[str, Any]] = {}
    taken: set[str] = set()
    for group in groups:
        name = operation_name(group.members[0].request, group.path, taken)
        taken.add(name)
        used = list(dict.fromkeys(schemes.name(one.scheme) for one in group.members if not one.request.is_sample))
        made = operation(name, group.path, group.members, used)
        paths.setdefault(group.path, {})[group.method.lower()] = made
    document = {"openapi": "3.1.0", "info": info, "servers": [_server(base)], "paths": paths}
    return document | ({"components": {"securitySchemes": schemes.found}} if schemes.found else {})


class _Schemes:
    """Security schemes by the names that the document gives them: each definition once."""

    def __init__(self) -> None:
        self.found: dict[str, Mapping[str, Any]] = {}

    def name(self, one: Scheme | None) -> str:
        """The name of a scheme, new where its definition is; empty for none."""
        if one is None:
            return ""
        name, number = one.name, 2
        while self.found.get(name, one.definition) != one.definition:
            name, number = f"{one.name}{number}", number + 1
        self.found[name] = one.definition
        return name


def _server(base: str) -> dict[str, Any]:
    """The Server Object; what the collection does not say is a variable whose default leads nowhere."""
    if not VARIABLE.search(base):
        return {"url": base}
    variables = {
        name: {"default": f"https://{name}.invalid" if VARIABLE.fullmatch(base) else f"{name}.invalid"}
        for name in names(base)
    }
    return {"url": replaced(base, lambda name: f"{{{name}}}"), "variables": variables}
