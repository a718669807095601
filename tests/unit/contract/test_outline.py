from typing import Any

import pytest

from worker.contract.found import Found
from worker.contract.library import Library
from worker.contract.outline import outline, summary
from worker.contract.schema import Schemas

URI = "urn:test"
URI_A = "https://contract.invalid/a"


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
    """Every branch, with the word that says how they belong together, where one line cannot say it."""
    described = {"type": "integer", "description": "Its number."}
    document = {"oneOf": [{"type": "string"}, described], "anyOf": [{"properties": {"a": {}}}]}
    assert tree(document) == [
        "body: any value",
        "  either: string",
        "  either: integer - Its number.",
        "  one or more of: object",
        "    a: any value",
    ]


def test_choices_between_plain_types_stand_on_one_line() -> None:
    """So do lists of them."""
    document = {
        "properties": {
            "a": {"oneOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "b": {"items": {"type": "string"}, "maxItems": 3},
            "c": {"anyOf": [{"type": "number"}, {"items": {"type": "number"}}, {"type": "number"}]},
        }
    }
    assert tree(document)[1:] == [
        "  a: string or null, default null",
        "  b: array of string, at most 3 items",
        "  c: number or array of number",
    ]


def test_what_all_schemas_say_is_one_schema_where_they_agree() -> None:
    """Members of all of them, each with what each says; where two bound the same, both stand there."""
    document = {
        "$defs": {"named": {"type": "object", "required": ["n"], "properties": {"n": {"type": "string"}}}},
        "allOf": [{"$ref": "#/$defs/named"}, {"properties": {"n": {"maxLength": 3}, "m": {"minimum": 1}}}],
        "properties": {"m": {"allOf": [{"minimum": 2}]}, "o": {"minimum": 1, "allOf": [{"minimum": 3}]}},
    }
    assert tree(document) == [
        "body: object",
        "  n*: string, at most 3 characters",
        "  m: any value",
        "    and: any value, >= 1",
        "    and: any value, >= 2",
        "  o: any value, >= 1",
        "    and: any value, >= 3",
    ]


def test_references_in_several_documents_are_each_their_own() -> None:
    """Also where what they stand in is laid over each other."""
    library = Library(
        {"allOf": [{"$ref": "b#/base"}, {"properties": {"y": {"$ref": "#/s"}}}], "s": {"const": 1}}, URI_A
    )
    library.documents[URI_A[:-1] + "b"] = {
        "base": {"properties": {"x": {"$ref": "#/s"}}, "additionalProperties": {"$ref": "#/s"}},
        "s": {"type": "string"},
    }
    assert outline({"$ref": f"{URI_A}#"}, library.lookup) == [
        "body: object",
        "  x: string",
        "  y: any value, always 1",
        "  any other name: string",
    ]


def test_a_discriminator_tells_the_branches_apart() -> None:
    """By the names of its mapping, else by those of the schemas."""
    pets = {"cat": {"properties": {"lives": {"type": "integer"}}}, "dog": {"properties": {}, "items": {"items": {}}}}
    for mapping, names in (({}, "cat dog"), ({"mapping": {"C": "#/$defs/cat", "D": "dog", "E": "dog"}}, "C D-or-E")):
        document = {
            "$defs": pets,
            "oneOf": [{"$ref": "#/$defs/cat"}, {"$ref": "#/$defs/dog"}],
            "discriminator": {"propertyName": "kind", **mapping},
        }
        cat, dog = names.replace("-", " ").split(" ", 1)
        assert tree(document)[1] == f"  either (kind = {cat}): object"
        assert f"  either (kind = {dog}): object" in " ".join(tree(document)[3:]).replace("array", "object")


def test_descriptions_are_cut_to_the_width_and_facts_are_not() -> None:
    """Links are text, and a description of a few letters is none."""
    document = {
        "type": "string",
        "pattern": "^[a-z]{3}$",
        "description": "See [the guide](https://example.org) " + "x " * 90,
    }
    (line,) = tree(document, width=70)
    assert len(line) <= 70
    assert line.startswith("body: string, pattern ^[a-z]{3}$ - See the guide x")
    assert line.endswith("x ...")
    assert tree(document, width=40) == ["body: string, pattern ^[a-z]{3}$"]
    assert len(tree(document)[0]) > 200


def test_a_note_stands_after_the_name() -> None:
    """Such as where a parameter goes."""
    assert tree({"type": "string"}, name="id", required=True, note="query") == ["id* (query): string"]


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        ({"type": ["string", "null"], "format": "date"}, "string or null, format date"),
        ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, "number, >= 1, the minimum itself excluded"),
        ({"type": "number", "exclusiveMaximum": 3, "multipleOf": 0.5}, "number, < 3, multiple of 0.5"),
        ({"type": "array", "uniqueItems": True, "maxItems": 2}, "array, at most 2 items, no two alike"),
        ({"type": "boolean", "default": False}, "boolean, default false"),
        ({"type": "object", "additionalProperties": False}, "object, no other names"),
        ({"type": "string", "minLength": 1, "maxLength": 1}, "string, 1 character"),
        ({"type": "string", "minLength": 1}, "string, at least 1 character"),
        ({"type": "array", "minItems": 2, "maxItems": 2}, "array, 2 items"),
        ({"type": "string", "minLength": 0}, "string"),
        ({"type": "string", "maxLength": 0}, "string, at most 0 characters"),
        ({"type": "object", "minProperties": 1, "maxProperties": 2}, "object, 1 to 2 members"),
        ({"type": "string", "deprecated": True, "writeOnly": True}, "string, deprecated, write-only"),
        ({"type": "integer", "readOnly": True}, "integer, read-only"),
        ({"readOnly": True, "not": {}}, "read-only, leave it out"),
        (
            {"enum": ["x" * 30 for _ in range(5)]},
            f"any value, one of {', '.join([chr(34) + 'x' * 30 + chr(34)] * 3)} and 2 more",
        ),
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
