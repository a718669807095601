"""What stands around a keyword in its document: the schema that holds it, and what that says of an object's members."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import jsonschema_rs

from worker.contract.library import absolute
from worker.errors import ContractError

#: Finds what stands at an absolute reference.
#:
#: Raises:
#:     ContractError: nothing does.
Lookup = Callable[[str], Any]

_MAX_PARTS: Final = 100  # schemas that one is made of by $ref and allOf; the rest is not looked at

#: Keywords whose schemas are about the very same value.
_APPLYING: Final = frozenset({"allOf", "anyOf", "oneOf", "dependentSchemas"})
_CONDITIONAL: Final = frozenset({"then", "else"})


class Node(NamedTuple):
    """A schema, and the URI of the document that its references start from."""

    schema: Mapping[str, Any]
    uri: str


def holder(error: jsonschema_rs.ValidationError, lookup: Lookup) -> Node | None:
    """The schema that holds the keyword an error is about; None where it cannot be looked up (known by an ``$id``)."""
    return above(error, error.schema_path[:-1], lookup)


def above(error: jsonschema_rs.ValidationError, tokens: Sequence[str | int], lookup: Lookup) -> Node | None:
    """The schema at the beginning of an error's ``schema_path``."""
    location = error.absolute_keyword_location
    if location is None:
        return None  # the operation's own: it is made of references and holds nothing else
    uri, _, way = location.partition("#")
    return _node(f"#{'/'.join(way.split('/')[: len(tokens) + 1])}", uri, lookup)


def within(node: Node | None, keyword: str) -> Node | None:
    """The schema that a keyword of a schema holds, such as that of ``not``."""
    found = node.schema.get(keyword) if node else None
    return Node(found, node.uri) if node and isinstance(found, dict) else None


def branches(node: Node | None, keyword: str, count: int) -> list[Node | None]:
    """The alternatives of ``oneOf`` or ``anyOf``, as many as an error tells of."""
    found = node.schema.get(keyword) if node else None
    if node is None or not isinstance(found, list) or len(found) != count:
        return [None] * count
    return [Node(one, node.uri) if isinstance(one, dict) else None for one in found]


def members(node: Node | None, lookup: Lookup) -> dict[str, Node]:
    """The properties that a schema describes, through its references and ``allOf``; the first of a name counts."""
    found: dict[str, Node] = {}
    for schema, uri in parts(node, lookup):
        properties = schema.get("properties")
        for name, one in properties.items() if isinstance(properties, dict) else ():
            found.setdefault(name, Node(one if isinstance(one, dict) else {}, uri))
    return found


def member_names(error: jsonschema_rs.ValidationError) -> list[str]:
    """The names that are there in the object which an error is about."""
    return list(error.instance) if isinstance(error.instance, dict) else []


def described(error: jsonschema_rs.ValidationError, lookup: Lookup) -> dict[str, Node]:
    """The members that the schema of a keyword describes, or one that it is an alternative or a part of."""
    path = error.schema_path[:-1]
    found = members(above(error, path, lookup), lookup)
    while len(path) > 1 and (path[-1] in _CONDITIONAL or path[-2] in _APPLYING):
        path = path[:-1] if path[-1] in _CONDITIONAL else path[:-2]
        found = members(above(error, path, lookup), lookup) | found
    return found


def values(node: Node | None, lookup: Lookup) -> list[Any]:
    """The values that ``const`` or ``enum`` allow; empty where neither says."""
    for schema, _ in parts(node, lookup):
        if "const" in schema:
            return [schema["const"]]
        if isinstance(options := schema.get("enum"), list):
            return options
    return []


def name_of(node: Node | None) -> str | None:
    """What people call a schema: the last part of its reference, or its title."""
    if node is None:
        return None
    found = node.schema.get("$ref", node.schema.get("title"))
    return found.rpartition("/")[2] or None if isinstance(found, str) else None


def parts(node: Node | None, lookup: Lookup) -> Iterator[Node]:
    """A schema and all that it is made of: what it refers to, and the members of its ``allOf``."""
    waiting = [node]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_PARTS:
        found = waiting.pop(0)
        if found is None or id(found.schema) in seen:
            continue
        seen.add(id(found.schema))
        yield found
        if isinstance(reference := found.schema.get("$ref"), str):
            waiting.append(_node(reference, found.uri, lookup))
        if isinstance(every := found.schema.get("allOf"), list):
            waiting += [Node(one, found.uri) for one in every if isinstance(one, dict)]


def _node(reference: str, uri: str, lookup: Lookup) -> Node | None:
    at = absolute(reference, uri)
    try:
        found = lookup(at)
    except ContractError:
        return None
    return Node(found, at.partition("#")[0]) if isinstance(found, dict) else None
