"""Turns text, such as a CSV cell, into the type that the contract asks for: only where nothing is lost or guessed.

What cannot be turned stays text, so that validation explains it.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson

from worker.contract.operation import JsonSchema
from worker.errors import ContractError

#: Whole numbers as JSON writes them. 18 digits fit every 64-bit reader.
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_MAX_DIGITS: Final = 30  # more cannot be exact, and need not be looked at
_BOOLEANS: Final = {"true": True, "false": False}
_KINDS: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}


def coerce(text: str, types: frozenset[str]) -> Any:
    """``"12"`` -> ``12`` where an integer is asked for; text stays text where text is allowed or nothing is known."""
    if not types or "string" in types:
        return text
    if text in _BOOLEANS and "boolean" in types:
        return _BOOLEANS[text]
    if {"integer", "number"} & types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and len(text) <= _MAX_DIGITS and _NUMBER.fullmatch(text):
        return _exact(text)
    if text == "null" and "null" in types:
        return None
    if (text[:1] == "[" and "array" in types) or (text[:1] == "{" and "object" in types):
        return _decoded(text)
    return text


def _exact(text: str) -> float | str:
    """The number that a text stands for, where a number can hold it."""
    number = float(text)
    return number if math.isfinite(number) and Decimal(repr(number)) == Decimal(text) else text


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
        lookup: finds what an absolute reference points to; ContractError where that cannot be found.
        base: the URI that references starting with ``#`` are relative to.
    """
    return _Search(lookup).types(schema, tuple(path), base)


class _Search:
    """Looks for types; each reference is followed once for each place, so that recursion ends."""

    def __init__(self, lookup: Callable[[str], Any]) -> None:
        self._lookup = lookup
        self._seen: set[tuple[str, tuple[str, ...]]] = set()

    def types(self, schema: Any, path: tuple[str, ...], base: str) -> frozenset[str]:
        if not isinstance(schema, Mapping):
            return frozenset()
        found = self._behind(schema.get("$ref"), path, base)
        for keyword in ("allOf", "anyOf", "oneOf"):
            for branch in schema.get(keyword) or ():
                found |= self.types(branch, path, base)
        if not path:
            return found | _declared(schema)
        return found | self.types(_inner(schema, path[0]), path[1:], base)

    def _behind(self, reference: Any, path: tuple[str, ...], base: str) -> frozenset[str]:
        if not isinstance(reference, str):
            return frozenset()
        absolute = base + reference if reference.startswith("#") else reference
        if (absolute, path) in self._seen:
            return frozenset()
        self._seen.add((absolute, path))
        try:
            target = self._lookup(absolute)
        except ContractError:  # the validator may know it by an $id; not knowing a type does no harm
            return frozenset()
        return self.types(target, path, absolute.partition("#")[0])


def _inner(schema: Mapping[str, Any], step: str) -> Any:
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and step in properties:
        return properties[step]
    if step.isdecimal() and "items" in schema:
        return schema["items"]
    return schema.get("additionalProperties")


def _declared(schema: Mapping[str, Any]) -> frozenset[str]:
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset({kind})
    if isinstance(kind, list):
        return frozenset(kind)
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return frozenset(_KINDS[type(value)] for value in values)
