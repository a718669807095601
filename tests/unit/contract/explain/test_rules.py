"""Every keyword of JSON Schema, broken: what a person reads."""

from collections.abc import Callable
from typing import Any

import pytest

from worker.outcome import Cause, Fault

FindFaults = Callable[..., list[Fault]]
FindFault = Callable[..., Fault]

_WORDS = [
    ({"minimum": 1}, 0, "0 is less than 1", "send 1 or more"),
    ({"maximum": 9}, 10, "10 is more than 9", "send 9 or less"),
    ({"exclusiveMinimum": 1}, 1, "1 is not more than 1", "send more than 1"),
    ({"exclusiveMaximum": 1}, 1, "1 is not less than 1", "send less than 1"),
    ({"minLength": 2}, "a", '"a" has 1 character', "at least 2 characters are wanted"),
    ({"minLength": 1}, "", "the text is empty", "at least 1 character is wanted"),
    ({"maxLength": 2}, "abc", '"abc" has 3 characters', "at most 2 characters are allowed"),
    ({"minItems": 2}, [1], "the list has 1 item", "at least 2 items are wanted"),
    ({"minItems": 1}, [], "the list is empty", "at least 1 item is wanted"),
    ({"maxItems": 1}, [1, 2], "the list has 2 items", "at most 1 item is allowed"),
    ({"minProperties": 1}, {}, "the object is empty", "at least 1 member is wanted"),
    ({"maxProperties": 0}, {"a": 1}, "the object has 1 member", "at most 0 members are allowed"),
    ({"multipleOf": 0.01}, 1.005, "1.005 is not a multiple of 0.01", "send a multiple of 0.01"),
    ({"uniqueItems": True}, [1, 2, 1.0], "the list holds something twice: items 0, 2", "send each item once"),
    (
        {"uniqueItems": True},
        [4, 4, 2, 2],
        "the list holds something twice: items 0, 1; items 2, 3",
        "send each item once",
    ),
    (
        {"enum": ["red", "blue"]},
        "blu",
        '"blu" is not one of the allowed values',
        "did you mean 'blue'? one of: red, blue",
    ),
    ({"enum": [1, None, ""]}, 5, "5 is not one of the allowed values", 'one of: 1, null, ""'),
    ({"const": {"a": 1}}, 5, '5 is not {"a":1}', 'send {"a":1}'),
    ({"pattern": "^a$"}, "b", '"b" does not match the pattern ^a$', None),
    ({"pattern": "^a$", "example": "a"}, "b", '"b" does not match the pattern ^a$', 'for example "a"'),
    ({"pattern": "^a$", "examples": ["a"]}, "b", '"b" does not match the pattern ^a$', 'for example "a"'),
    (
        {"pattern": "^a$", "description": "The first\nletter. Of all."},
        "b",
        '"b" does not match the pattern ^a$',
        "the contract says: The first letter",
    ),
    (
        {"pattern": r"(a*)*\1b"},
        "a" * 40,
        f'"{"a" * 40}" takes too long to hold against its pattern',
        "send a shorter text",
    ),
    ({"type": "integer"}, "12", '"12" is text, not a whole number', "send the number 12 without quotes"),
    ({"type": "integer"}, "1.5", '"1.5" is text, not a whole number', "send a whole number"),
    ({"type": "integer"}, 1.5, "1.5 is not a whole number", "send a whole number"),
    ({"type": "number"}, "1.5", '"1.5" is text, not a number', "send the number 1.5 without quotes"),
    ({"type": "boolean"}, "True", '"True" is text, not true or false', "send true without quotes"),
    ({"type": "string"}, 12, "12 is a number, not text", 'send it in quotes: "12"'),
    ({"type": "string"}, True, "true is a boolean, not text", 'send it in quotes: "true"'),
    ({"type": "null"}, "null", '"null" is text, not null', "send null without quotes"),
    ({"type": "array"}, "a", '"a" is text, not a list', 'send it in a list: ["a"]'),
    ({"type": "array"}, "[1]", '"[1]" is text, not a list', "send the value itself, not its JSON in quotes"),
    ({"type": ["array", "object"]}, None, "null is not a list or an object", "send a list or an object"),
    ({"type": ["null", "string"]}, {}, "{} is an object, not text or null", "send text or null"),
    ({"not": {}}, 1, "1 is what the contract excludes", None),
    ({"not": {"enum": ["root", "admin"]}}, "root", '"root" is not allowed here', "send anything but: root, admin"),
    ({"contains": {"const": "main"}}, ["a"], "fewer than 1 of the list's items are main", "send at least 1 of them"),
    (
        {"contains": {"enum": [1, 2]}},
        [],
        "fewer than 1 of the list's items are one of: 1, 2",
        "send at least 1 of them",
    ),
    (
        {"contains": {"type": "integer"}, "minContains": 2},
        [1],
        "fewer than 2 of the list's items are a whole number",
        "send at least 2 of them",
    ),
    (
        {"contains": {"minimum": 5}, "maxContains": 1},
        [5, 6],
        "more than 1 of the list's items are of the kind that the contract asks for",
        "send at most 1 of them",
    ),
    ({"unevaluatedItems": False}, [1, 2], "the list has 2 items that the contract does not describe", "leave them out"),
    (False, 1, "1 is not allowed here", "leave it out"),
]


@pytest.mark.parametrize(("schema", "value", "detail", "hint"), _WORDS)
def test_every_rule_says_what_is_wrong_and_what_to_do(
    find_fault: FindFault, schema: Any, value: Any, detail: str, hint: str | None
) -> None:
    """In words for a person, with the place and the rule's name for a program."""
    fault = find_fault(schema, value)
    assert (fault.pointer, fault.place, fault.detail, fault.hint) == ("#/body", "body", detail, hint)
    assert fault.rule == (next(iter(schema)) if isinstance(schema, dict) else "falseSchema")
    assert fault.cause is Cause.INVALID


@pytest.mark.parametrize(
    ("name", "value", "noun"),
    [
        ("date", "2026-13-01", "a date"),
        ("date-time", "2026-12-31 23:59", "a date and time with an offset"),
        ("time", "25:00", "a time with an offset"),
        ("duration", "3 days", "a duration"),
        ("email", "x", "an email address"),
        ("idn-email", "x", "an email address"),
        ("hostname", "-", "a host name"),
        ("idn-hostname", "-", "a host name"),
        ("ipv4", "300.0.0.1", "an IPv4 address"),
        ("ipv6", "x", "an IPv6 address"),
        ("uri", "x", "an absolute URI"),
        ("uri-reference", "\\", "a URI, absolute or relative"),
        ("iri", "x", "an absolute address"),
        ("iri-reference", "\\", "an address, absolute or relative"),
        ("uri-template", "{", "a URI template"),
        ("uuid", "x", "a UUID"),
        ("json-pointer", "x", "a JSON Pointer"),
        ("relative-json-pointer", "/x", "a relative JSON Pointer"),
        ("regex", "(", "a regular expression"),
    ],
)
def test_every_format_has_a_name_and_an_example_that_fits(
    find_faults: FindFaults, name: str, value: str, noun: str
) -> None:
    """``"2026-13-01" is not a date``; what the hint shows would have been accepted."""
    (fault,) = find_faults({"format": name}, value)
    shown = '"\\\\"' if value == "\\" else f'"{value}"'
    assert (fault.rule, fault.detail) == ("format", f"{shown} is not {noun}")
    assert fault.hint is not None
    assert find_faults({"format": name}, fault.hint.removeprefix("write it like ")) == []


@pytest.mark.parametrize(
    ("schema", "value", "detail"),
    [
        ({"items": [{}], "additionalItems": False}, [1, 2], "the list has 2 items, of which the contract describes 1"),
        ({"contentEncoding": "base64"}, "%", '"%" is not base64'),
        ({"contentMediaType": "application/json"}, "{", '"{" is not application/json'),
        ({"dependencies": {"a": ["b"]}}, {"a": 1}, "'b' is missing, because 'a' is there"),
    ],
)
def test_rules_of_older_drafts_have_words_too(find_fault: FindFault, schema: Any, value: Any, detail: str) -> None:
    """Draft 7."""
    fault = find_fault(schema, value, dialect="draft7")
    assert fault.detail == detail
    assert fault.rule in schema


def test_a_place_in_a_list_that_nothing_describes_is_named(find_faults: FindFaults) -> None:
    """Each item beyond ``prefixItems``."""
    found = find_faults({"prefixItems": [{}], "items": False}, [1, 2, 3])
    assert [(one.pointer, one.detail) for one in found] == [
        ("#/body/1", "the contract describes no item 1 of this list"),
        ("#/body/2", "the contract describes no item 2 of this list"),
    ]


@pytest.mark.parametrize(
    ("path", "schema"), [("#/body/id", {"readOnly": True, "not": {}}), ("#/body/id", {"$ref": "urn:t#/r"})]
)
def test_what_only_the_api_sets_is_called_read_only(find_fault: FindFault, path: str, schema: Any) -> None:
    """The contract's reader turns it into ``not: {}`` beside ``readOnly``."""
    fault = find_fault({"properties": {"id": schema}}, {"id": 1}, r={"readOnly": True, "not": {}})
    assert (fault.pointer, fault.rule) == (path, "readOnly")
    assert (fault.detail, fault.hint) == ("'id' is read-only: the API sets it", "leave it out")


def test_all_faults_are_told_at_once(find_faults: FindFaults) -> None:
    """Each once, in params and body."""
    schema = {
        "properties": {"a": {"type": "integer"}, "b": {"allOf": [{"minimum": 1}, {"minimum": 5}, {"minimum": 1}]}},
        "required": ["c"],
        "allOf": [{"required": ["c"]}],
    }
    found = find_faults(schema, {"a": "x", "b": 0}, {"limit": "x", "X-Trace": "y"})
    assert sorted(one.pointer for one in found) == [
        "#/body/a",
        "#/body/b",
        "#/body/b",
        "#/body/c",
        "#/params/X-Trace",
        "#/params/limit",
    ]
    assert {one.place for one in found if "Trace" in one.pointer} == {"header"}


@pytest.mark.parametrize(
    ("schema", "value", "detail"),
    [
        (
            {"if": {"properties": {"country": {"const": "DE"}}}, "then": {"required": ["vat"]}},
            {"country": "DE"},
            "'vat' is missing, because 'country' is \"DE\"",
        ),
        (
            {"if": {"required": ["a"]}, "else": {"required": ["b"]}},
            {},
            "'b' is missing, because 'a' is not there",
        ),
        (
            {
                "if": {"properties": {"kind": {"enum": ["x", "y"]}}, "required": ["kind"]},
                "then": {"properties": {"n": {"minimum": 1}}},
            },
            {"kind": "x", "n": 0},
            "0 is less than 1, because 'kind' is one of: x, y",
        ),
        ({"if": {"minProperties": 1}, "then": {"required": ["b"]}}, {"a": 1}, "'b' is missing"),
        ({"if": {"properties": {"a": {"minimum": 1}}}, "then": {"required": ["b"]}}, {"a": 1}, "'b' is missing"),
        (
            {"dependentRequired": {"a": ["b"], "c": ["b"]}},
            {"a": 1, "c": 1},
            "'b' is missing, because 'a' and 'c' are there",
        ),
        ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1}, "'b' is missing, because 'a' is there"),
        ({"properties": {"then": {"required": ["b"]}}}, {"then": {}}, "'b' is missing"),
    ],
)
def test_a_rule_that_counts_because_of_something_else_says_why(
    find_fault: FindFault, schema: Any, value: Any, detail: str
) -> None:
    """Where that takes a few words."""
    assert find_fault(schema, value).detail == detail
