from typing import Any

import pytest

from worker.contract.outline import Found, outline, summary
from worker.contract.schema import Schemas

URI = "urn:test"


def tree(document: Any, **keys: Any) -> list[str]:
    """The outline of a document."""
    schemas = Schemas({URI: document})
    return outline({"$ref": f"{URI}#"}, schemas.lookup, **keys)


def test_a_line_for_each_value_two_spaces_a_level() -> None:
    """Required names have a star, descriptions follow a dash, one line of them."""
    document = {
        "type": "object",
        "description": "An order.\nAnd more.",
        "required": ["qty"],
        "properties": {"qty": {"type": "integer", "minimum": 1}, "tags": {"items": {"enum": ["a", "b"]}}},
        "additionalProperties": {"type": "string"},
    }
    assert tree(document, required=True) == [
        "body*: object - An order.",
        "  qty*: integer, >= 1",
        "  tags: array",
        '    each item: any value, one of "a", "b"',
        "  any other name: string",
    ]


def test_references_are_followed_and_what_stands_beside_them_is_kept() -> None:
    """A reference is not what a person asked for."""
    document = {"$ref": "#/$defs/a", "description": "here", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"const": 1}}}
    assert tree(document) == ["body: any value, always 1 - here"]


def test_a_cycle_ends_where_it_closes() -> None:
    """And says so."""
    document = {
        "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}},
        "$ref": "#/$defs/node",
    }
    assert tree(document) == ["body: object", "  next: as further up (node)"]


def test_the_same_schema_in_two_places_is_no_cycle() -> None:
    """Only what is inside of itself is."""
    document = {
        "$defs": {"n": {"type": "integer"}},
        "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"$ref": "#/$defs/n"}},
    }
    assert tree(document) == ["body: object", "  a: integer", "  b: integer"]


def test_a_deep_schema_is_cut() -> None:
    """What lies deeper is rarely what somebody looks for."""
    document: dict[str, Any] = {"type": "string"}
    for _ in range(20):
        document = {"properties": {"a": document}}
    lines = tree(document)
    assert len(lines) == 8
    assert lines[-1].strip() == "..."


def test_choices_between_schemas_are_named() -> None:
    """Every branch, with the word that says how they belong together."""
    document = {"oneOf": [{"type": "string"}, {"type": "null"}], "allOf": [{"minLength": 1}]}
    assert tree(document) == [
        "body: any value",
        "  and: any value, at least 1 characters",
        "  either: string",
        "  either: null",
    ]


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        ({"type": ["string", "null"], "format": "date"}, "string or null, format date"),
        ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, "number, >= 1, the minimum itself excluded"),
        ({"type": "number", "exclusiveMaximum": 3, "multipleOf": 0.5}, "number, < 3, multiple of 0.5"),
        ({"type": "array", "uniqueItems": True, "maxItems": 2}, "array, at most 2 items, no two alike"),
        ({"type": "boolean", "default": False}, "boolean, default false"),
        ({"type": "object", "additionalProperties": False}, "object, no other names"),
        ({"enum": list(range(14))}, "any value, one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"),
        ({}, "any value"),
    ],
)
def test_all_that_a_value_may_be_stands_on_one_line(schema: dict[str, Any], line: str) -> None:
    """Type, choices, bounds, format, default."""
    assert summary(schema) == line


def test_a_reference_to_nothing_is_no_crash() -> None:
    """The linter says what is wrong with it; the outline shows the rest."""
    schemas = Schemas({URI: {}})
    assert Found({"$ref": f"{URI}#/gone"}, "").followed(schemas.lookup) is None
    assert Found({"$ref": "https://example.org/other"}, "").followed(schemas.lookup) is None
