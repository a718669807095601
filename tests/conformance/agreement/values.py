"""Generates values that a plain schema describes: lists and objects here, all that is inside by hypothesis-jsonschema.

Its own objects need a Hypothesis of years ago, and take seconds for schemas of the size that real ones have.
"""

from functools import cache
from typing import Any, Final

import orjson
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

from tests.conformance.agreement.plain import Plain, merged

_NUMBERS: Final = frozenset({"maximum", "minimum", "multipleOf", "exclusiveMaximum", "exclusiveMinimum"})
_TEXTS: Final = frozenset({"maxLength", "minLength", "pattern", "format"})
_MOST_ITEMS: Final = 3
_BYTE: Final = "^([A-Za-z0-9+/]{4}){1,4}$"
_ANYTHING: Final[st.SearchStrategy[Any]] = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5) | st.sampled_from([[], {}])
)

Values = st.SearchStrategy[Any]


def values(schema: Plain, codec: str = "utf-8") -> Values:
    """Values of a schema, their text in an encoding."""
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if branches := schema.get("anyOf"):
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        return st.one_of([values(merged(rest, one), codec) for one in branches])
    kind = _kind(schema)
    if isinstance(kind, list):
        return st.one_of([values({**schema, "type": one}, codec) for one in kind])
    match kind:
        case None:
            return _ANYTHING
        case "object":
            return _objects(schema, codec)
        case "array":
            return _lists(schema, codec)
        case "string" if schema.get("format") == "byte" and "pattern" not in schema:
            return st.from_regex(_BYTE, fullmatch=True, alphabet=st.characters(codec="ascii"))
    held = {name: value for name, value in schema.items() if name in _NUMBERS | _TEXTS}
    return _single(orjson.dumps({**held, "type": kind}), codec)


@cache
def _single(schema: bytes, codec: str) -> Values:
    return from_schema(orjson.loads(schema), allow_x00=False, codec=codec)


def _kind(schema: Plain) -> Any:
    """The type that a schema names, or speaks of."""
    if "type" in schema:
        return schema["type"]
    for kind, keywords in (
        ("object", {"properties", "required", "additionalProperties"}),
        ("array", {"items", "minItems", "maxItems", "uniqueItems"}),
        ("string", _TEXTS),
        ("number", _NUMBERS),
    ):
        if schema.keys() & keywords:
            return kind
    return None


def _lists(schema: Plain, codec: str) -> Values:
    least = schema.get("minItems", 0)
    most = max(least, min(schema.get("maxItems", _MOST_ITEMS), _MOST_ITEMS))
    unique = repr if schema.get("uniqueItems") else None
    return st.lists(values(schema.get("items") or {}, codec), min_size=least, max_size=most, unique_by=unique)


def _objects(schema: Plain, codec: str) -> Values:
    required = schema.get("required") or []
    properties = {name: {} for name in required} | schema.get("properties", {})
    if not properties and isinstance(schema.get("additionalProperties"), dict):
        keys = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5)
        return st.dictionaries(keys, values(schema["additionalProperties"], codec), max_size=2)
    made = {name: values(one, codec) for name, one in properties.items()}
    return st.fixed_dictionaries(
        {name: one for name, one in made.items() if name in required},
        optional={name: one for name, one in made.items() if name not in required},
    )
