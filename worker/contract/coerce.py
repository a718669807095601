"""Turns text, such as a CSV cell, into the type that the contract asks for: only where nothing is lost or guessed.

What cannot be turned stays text, so that validation explains it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from worker.contract.operation import JsonSchema

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")  # 18 digits fit every 64-bit reader
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?")
_BOOLEANS: Final = {"true": True, "false": False}
_MAX_HOPS: Final = 20  # references followed on the way to one value; more is a cycle


def coerce(text: str, types: frozenset[str]) -> Any:
    """``"12"`` -> ``12`` where an integer is asked for; text stays text where text is allowed or nothing is known."""
    if not types or "string" in types:
        return text
    if text in _BOOLEANS and "boolean" in types:
        return _BOOLEANS[text]
    if {"integer", "number"} & types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text)
    if text == "null" and "null" in types:
        return None
    if (text[:1] == "[" and "array" in types) or (text[:1] == "{" and "object" in types):
        return _decoded(text)
    return text


def _decoded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def types_at(schema: JsonSchema, path: Sequence[str], lookup: Callable[[str], Any], base: str = "") -> frozenset[str]:
    """The types that a schema allows at a path of property names; empty where it says nothing.

    Args:
        schema: where to start.
        path: ``("address", "city")``; a number steps into a list.
        lookup: finds what an absolute reference points to.
        base: the URI that references starting with ``#`` are relative to.
    """
    return _types(schema, tuple(path), lookup, base, _MAX_HOPS)


def _types(schema: Any, path: tuple[str, ...], lookup: Callable[[str], Any], base: str, hops: int) -> frozenset[str]:
    if not isinstance(schema, Mapping) or not hops:
        return frozenset()
    found: frozenset[str] = frozenset()
    if isinstance(reference := schema.get("$ref"), str):
        absolute = base + reference if reference.startswith("#") else reference
        found |= _types(lookup(absolute), path, lookup, absolute.partition("#")[0], hops - 1)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword) or ():
            found |= _types(branch, path, lookup, base, hops - 1)
    if not path:
        return found | _declared(schema)
    inner = schema.get("items") if path[0].isdecimal() else (schema.get("properties") or {}).get(path[0])
    return found | _types(inner, path[1:], lookup, base, hops - 1)


def _declared(schema: Mapping[str, Any]) -> frozenset[str]:
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset({kind})
    if isinstance(kind, list):
        return frozenset(kind)
    values = schema.get("enum")
    return (
        frozenset({"string"})
        if isinstance(values, list) and any(isinstance(one, str) for one in values)
        else frozenset()
    )
