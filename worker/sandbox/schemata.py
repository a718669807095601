"""Walks over every schema of an OpenAPI document."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

#: Values in which the word "schema" is data and no schema.
_DATA: Final = frozenset({"example", "examples", "default", "enum", "const"})

_ONE: Final = (
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_MANY: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED: Final = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")

Tokens = tuple[str, ...]


class Found(NamedTuple):
    """One schema and the tokens of the pointer to it."""

    schema: dict[str, Any]
    tokens: Tokens


def schemata(root: dict[str, Any]) -> Iterator[Found]:
    """Every schema, outer ones first; one may be changed before the walk goes on, but not what is outside of it."""
    waiting: list[tuple[Any, Tokens, bool]] = [(root, (), False)]
    while waiting:
        node, tokens, is_schema = waiting.pop()
        if isinstance(node, list):
            waiting.extend((item, (*tokens, str(number)), is_schema) for number, item in enumerate(node))
        elif isinstance(node, dict) and is_schema:
            yield Found(node, tokens)
            waiting.extend((inner, (*tokens, *steps), True) for steps, inner in _subschemas(node))
        elif isinstance(node, dict):
            waiting.extend((inner, (*tokens, *steps), schema) for steps, inner, schema in _inside(node))


def _inside(node: dict[str, Any]) -> Iterator[tuple[Tokens, Any, bool]]:
    for key, value in node.items():
        if key == "schemas" and isinstance(value, dict):
            yield from (((key, name), inner, True) for name, inner in value.items())
        elif key not in _DATA and not key.startswith("x-"):
            yield (key,), value, key == "schema"


def _subschemas(schema: dict[str, Any]) -> Iterator[tuple[Tokens, Any]]:
    for key in _ONE:
        if key in schema:
            yield (key,), schema[key]
    for key in _MANY:
        if isinstance(many := schema.get(key), list):
            yield from (((key, str(number)), inner) for number, inner in enumerate(many))
    for key in _NAMED:
        if isinstance(named := schema.get(key), dict):
            yield from (((key, name), inner) for name, inner in named.items())
