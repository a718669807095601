"""What OpenAPI adds to JSON Schema, said in JSON Schema's own words, in place and before anything is compiled.

- 3.0: ``nullable: true`` beside ``type`` lets ``null`` in as a further type. An ``enum`` still has to name it, and
  ``nullable`` without ``type`` says nothing (OpenAPI 3.0.3); ``lenient`` reads it as most authors mean it.
- A ``readOnly`` property is not required of a request; ``strict`` refuses one that sends it.
- ``int32`` and ``int64`` are ranges.
- A ``pattern`` that is no regular expression says nothing.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import jsonschema_rs

from worker.errors import ContractError
from worker.sandbox.document import ROOT, Document, Place, tokens_of
from worker.sandbox.faults import FORBIDDEN
from worker.sandbox.references import resolve
from worker.sandbox.schemata import schemata

_RANGES: Final = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}

#: Keywords that have a say on ``null``; the others speak of values of one type only.
_OF_NULL: Final = ("$ref", "allOf", "anyOf", "oneOf", "not")

#: Branches deeper than this are a circle.
_DEEPEST: Final = 12


def plain(document: Document, *, nullable: bool) -> list[str]:
    """Rewrite every schema of the contract; ``nullable`` for 3.0. Returns what had to be ignored, a line each."""
    resolve(document.root, named=not nullable)
    ignored: list[str] = []
    is_pattern = _pattern_judge()
    for schema, tokens in schemata(document.root):
        ignored.extend(
            f"{Place(ROOT, tokens).uri} has the pattern {text!r}, which is no regular expression: ignored"
            for text in _drop_patterns(schema, is_pattern)
        )
        if nullable:
            _nullable(schema)
        _range(schema)
        _required(document, schema)
    return ignored


def lenient(document: Document) -> None:
    """Let ``null`` in wherever a 3.0 document says ``nullable``, whatever stands beside it; ``plain`` goes first."""
    for schema, _ in list(schemata(document.root)):
        if schema.get("nullable") is not True:
            continue
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        kept = {key: schema.pop(key) for key in _OF_NULL if key in schema}
        if kept:
            schema["anyOf"] = [{"enum": [None]}, kept]


def strict(document: Document) -> None:
    """Refuse properties that are ``readOnly``."""
    for schema, _ in list(schemata(document.root)):
        names = [name for name in _properties(schema) if _is_read_only(document, schema["properties"][name])]
        if names:
            forbidden = {f"^{re.escape(name)}$": dict(FORBIDDEN) for name in names}
            schema["patternProperties"] = {**schema.get("patternProperties", {}), **forbidden}


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _nullable(schema: dict[str, Any]) -> None:
    if isinstance(schema.get("id"), str):
        del schema["id"]  # draft 4 would take it for a base URI; OpenAPI 3.0 has no such keyword
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]


def _range(schema: dict[str, Any]) -> None:
    limits = _RANGES.get(str(schema.get("format")))
    types = schema.get("type")
    if limits and "integer" in (types if isinstance(types, list) else [types]):
        schema.setdefault("minimum", limits[0])
        schema.setdefault("maximum", limits[1])


def _pattern_judge() -> Callable[[str], bool]:
    """A function that says whether a text is a regular expression, and asks the engine once for each."""
    known: dict[str, bool] = {}

    def is_pattern(text: str) -> bool:
        if text not in known:
            try:
                jsonschema_rs.Draft202012Validator({"pattern": text}, pattern_options=jsonschema_rs.FancyRegexOptions())
                known[text] = True
            except ValueError:
                known[text] = False
        return known[text]

    return is_pattern


def _drop_patterns(schema: dict[str, Any], is_pattern: Callable[[str], bool]) -> Iterator[str]:
    """Take out what is no regular expression; yields each."""
    pattern, named = schema.get("pattern"), schema.get("patternProperties")
    if isinstance(pattern, str) and not is_pattern(pattern):
        yield schema.pop("pattern")
    if isinstance(named, dict):
        for key in [key for key in named if not is_pattern(key)]:
            del named[key]
            yield key


def _required(document: Document, schema: dict[str, Any]) -> None:
    """Take read-only properties out of what is required, here and in the branches of ``allOf`` that stand here."""
    holders = [schema, *(each for each in _branches(schema) if isinstance(each, dict) and "$ref" not in each)]
    if not any(isinstance(holder.get("required"), list) for holder in holders):
        return
    names = set(_read_only(document, schema, _DEEPEST))
    for holder in holders if names else ():
        if isinstance(holder.get("required"), list):
            holder["required"] = [name for name in holder["required"] if name not in names]
            if not holder["required"]:
                del holder["required"]  # draft 4 wants at least one


def _branches(schema: dict[str, Any]) -> list[Any]:
    branches = schema.get("allOf")
    return branches if isinstance(branches, list) else []


def _read_only(document: Document, schema: Any, depth: int) -> Iterator[str]:
    """The read-only properties of a schema and of all that it is made of."""
    schema = _followed(document, schema)
    if not isinstance(schema, dict) or not depth:
        return
    yield from (name for name, each in _properties(schema).items() if _is_read_only(document, each))
    for branch in _branches(schema):
        yield from _read_only(document, branch, depth - 1)


def _is_read_only(document: Document, schema: Any) -> bool:
    if isinstance(schema, dict) and "readOnly" not in schema:
        schema = _followed(document, schema)
    return isinstance(schema, dict) and schema.get("readOnly") is True


def _followed(document: Document, schema: Any) -> Any:
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if not (isinstance(reference, str) and reference.startswith("#")):
        return schema
    try:
        return document.get(document.follow(Place(ROOT, tokens_of(reference[1:]))))
    except ContractError:
        return None  # whoever compiles this schema will say so
