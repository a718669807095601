"""What OpenAPI adds to JSON Schema, said in JSON Schema's own words, in place and before anything is compiled.

- 3.0: ``nullable: true`` beside ``type`` lets ``null`` in as a further type. An ``enum`` still has to name it, and
  ``nullable`` without ``type`` says nothing (OpenAPI 3.0.3).
- A ``readOnly`` property is not required of a request.
"""

from collections.abc import Iterator
from typing import Any, Final

from worker.errors import ContractError
from worker.sandbox.document import ROOT, Document, Place

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


def plain(document: Document, *, nullable: bool) -> None:
    """Rewrite every schema of the contract; ``nullable`` for 3.0."""
    for schema in _schemas(document.root):
        if nullable:
            _nullable(schema)
        _required(document, schema)


def _schemas(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema of an OpenAPI document, outer ones first."""
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        node, is_schema = waiting.pop()
        if isinstance(node, list):
            waiting.extend((item, is_schema) for item in node)
        elif isinstance(node, dict) and is_schema:
            yield node
            waiting.extend((inner, True) for inner in _subschemas(node))
        elif isinstance(node, dict):
            waiting.extend(_inside(node))


def _inside(node: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    for key, value in node.items():
        if key == "schemas" and isinstance(value, dict):
            yield list(value.values()), True
        elif key not in _DATA and not key.startswith("x-"):
            yield value, key == "schema"


def _subschemas(schema: dict[str, Any]) -> Iterator[Any]:
    for key in _ONE:
        if key in schema:
            yield schema[key]
    for key in _MANY:
        yield from schema.get(key) or ()
    for key in _NAMED:
        named = schema.get(key)
        if isinstance(named, dict):
            yield from named.values()


def _nullable(schema: dict[str, Any]) -> None:
    if isinstance(schema.get("id"), str):
        del schema["id"]  # draft 4 would take it for a base URI; OpenAPI 3.0 has no such keyword
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]


def _required(document: Document, schema: dict[str, Any]) -> None:
    required, properties = schema.get("required"), schema.get("properties")
    if not (isinstance(required, list) and isinstance(properties, dict)):
        return
    kept = [name for name in required if not _is_read_only(document, properties.get(name))]
    if kept:
        schema["required"] = kept
    else:
        del schema["required"]  # draft 4 wants at least one


def _is_read_only(document: Document, schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/") and "readOnly" not in schema:
        try:
            schema = document.get(document.follow(Place(ROOT, _tokens(reference))))
        except ContractError:
            return False  # whoever compiles this schema will say so
    return isinstance(schema, dict) and schema.get("readOnly") is True


def _tokens(reference: str) -> tuple[str, ...]:
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in reference[2:].split("/"))
