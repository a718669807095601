"""Which types of JSON a schema speaks of, itself or through what it refers to."""

from collections.abc import Mapping
from typing import Any, Final

from worker.contract.library import Library
from worker.errors import ContractError

_OF_KEYWORDS: Final = {"properties": "object", "items": "array"}
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")


def types_of(library: Library, schema: Any) -> frozenset[str]:
    """The types that a schema names, in any of its branches; empty where it says nothing.

    Args:
        library: what its references, which are absolute or relative to the root document, are followed in.
        schema: any.
    """
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [(schema, library.uri)]
    while waiting:
        here, uri = waiting.pop()
        if not isinstance(here, Mapping) or id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(reference := here.get("$ref"), str):
            waiting.extend(_target(library, reference, uri))
        for keyword in _BRANCHES:
            branches = here.get(keyword)
            waiting.extend((branch, uri) for branch in (branches if isinstance(branches, list) else ()))
        found |= _named(here)
    return frozenset(found)


def _named(schema: Mapping[str, Any]) -> set[str]:
    kind = schema.get("type")
    if isinstance(kind, list):
        return {one for one in kind if isinstance(one, str)}
    if isinstance(kind, str):
        return {kind}
    return {name for keyword, name in _OF_KEYWORDS.items() if keyword in schema}


def _target(library: Library, reference: str, uri: str) -> list[tuple[Any, str]]:
    try:
        value, at = library.find(reference, uri)
    except ContractError:  # the validator says so
        return []
    return [(value, at.partition("#")[0])]
