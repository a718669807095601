"""Alternatives: the one that the value was meant to be is explained."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from worker.outcome import Cause, Fault

FindFaults = Callable[..., list[Fault]]
FindFault = Callable[..., Fault]

_CARD: Final = {"properties": {"number": {"type": "string"}, "cvc": {}}, "required": ["number", "cvc"]}
_BANK: Final = {"properties": {"iban": {"type": "string"}}, "required": ["iban"]}


def _pet(kind: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"kind": kind, **more}, "required": ["kind", *more]}


def _pets(keyword: str = "oneOf", **mapping: str) -> dict[str, Any]:
    discriminator = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    return {keyword: [{"$ref": "urn:t#/Cat"}, {"$ref": "urn:t#/Dog"}], "discriminator": discriminator}


_FREE: Final = {"Cat": _pet({"type": "string"}, lives={"type": "integer"}), "Dog": _pet({}, bark={"type": "boolean"})}
_TAGGED: Final = {"Cat": _pet({"const": "cat"}, lives={}), "Dog": _pet({"enum": ["dog", "pup"]}, bark={})}


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize(
    ("mapping", "kind"),
    [({}, "Cat"), ({"cat": "urn:t#/Cat", "dog": "urn:t#/Dog"}, "cat"), ({"cat": "Cat", "Dog": "Dog"}, "cat")],
)
def test_a_discriminator_chooses_the_alternative(
    find_fault: FindFault, keyword: str, mapping: dict[str, str], kind: str
) -> None:
    """By the name of the schema, a whole reference or a bare name; however much another one fits better."""
    fault = find_fault(_pets(keyword, **mapping), {"kind": kind, "bark": "loud"}, **_FREE)
    assert (fault.pointer, fault.rule, fault.cause) == ("#/body/lives", "required", Cause.MISSING)


@pytest.mark.parametrize(
    ("schemas", "mapping", "value", "detail", "hint"),
    [
        (_FREE, {}, "Cats", '"Cats" is none of: Cat, Dog', "did you mean 'Cat'?"),
        (_FREE, {"cat": "Cat"}, "cat2", '"cat2" is none of: cat, Dog', "did you mean 'cat'?"),
        (_TAGGED, {}, "fish", '"fish" is none of: cat, dog, pup', None),
        (_TAGGED, {}, 5, "5 is none of: cat, dog, pup", None),
        (_TAGGED, {"cat": "Cat", "hound": "Dog"}, ["x"], '["x"] is none of: cat, hound, dog, pup', None),
    ],
)
def test_an_unknown_value_of_a_discriminator_is_a_fault_of_its_own(
    find_fault: FindFault, schemas: Any, mapping: dict[str, str], value: Any, detail: str, hint: str | None
) -> None:
    """With the values that there are: what the mapping says and what the alternatives allow, else their names."""
    fault = find_fault(_pets(**mapping), {"kind": value}, **schemas)
    assert (fault.pointer, fault.rule, fault.detail, fault.hint) == ("#/body/kind", "discriminator", detail, hint)


def test_a_missing_discriminator_is_missing(find_fault: FindFault) -> None:
    """And not one of the alternatives is told."""
    fault = find_fault(_pets(cat="Cat", dog="Dog"), {"bark": True}, **_FREE)
    assert (fault.pointer, fault.rule, fault.cause) == ("#/body/kind", "required", Cause.MISSING)
    assert (fault.detail, fault.hint) == ("'kind' is missing", "one of: cat, dog")


def test_a_discriminator_changes_no_verdict(find_faults: FindFaults) -> None:
    """What the schemas allow is allowed, whatever it is called."""
    assert find_faults(_pets("anyOf", cat="Cat"), {"kind": "fish", "bark": True}, **_FREE) == []


def test_a_discriminator_that_leaves_several_open_goes_on_to_what_fits_best(find_fault: FindFault) -> None:
    """Each of the alternatives allows both values."""
    kind = {"enum": ["cat", "dog"]}
    both = {"Cat": _pet(kind, lives={"type": "integer"}), "Dog": _pet(kind, bark={})}
    assert find_fault(_pets(), {"kind": "dog", "lives": "nine"}, **both).pointer == "#/body/lives"


def test_a_member_with_another_value_in_each_alternative_is_a_tag(find_fault: FindFault) -> None:
    """By convention: nothing has to say so."""
    shapes = {"oneOf": [{"$ref": "urn:t#/Cat"}, {"allOf": [{"$ref": "urn:t#/Dog"}]}]}
    assert find_fault(shapes, {"kind": "pup", "lives": 9}, **_TAGGED).pointer == "#/body/bark"
    unknown = find_fault(shapes, {"kind": "pupp", "bark": 9}, **_TAGGED)
    assert (unknown.pointer, unknown.rule, unknown.detail) == (
        "#/body/kind",
        "enum",
        '"pupp" is none of: cat, dog, pup',
    )
    missing = find_fault(shapes, {"bark": 9}, **_TAGGED)
    assert (missing.pointer, missing.rule, missing.hint) == ("#/body/kind", "required", "one of: cat, dog, pup")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"number": 5, "cvc": 1}, ["#/body/number"]),
        ({"number": "4"}, ["#/body/cvc"]),
        ({"iban": 5}, ["#/body/iban"]),
        ({"number": 5, "zip": 1}, ["#/body/cvc", "#/body/number"]),
    ],
)
def test_the_alternative_that_knows_most_names_is_explained(
    find_faults: FindFaults, body: Any, pointers: list[str]
) -> None:
    """Then the one with the fewest and deepest errors."""
    assert sorted(one.pointer for one in find_faults({"oneOf": [_CARD, _BANK]}, body)) == pointers


def test_alternatives_of_which_only_names_are_missing_are_told_together(find_fault: FindFault) -> None:
    """No one of them is closer than the others."""
    fault = find_fault({"oneOf": [_CARD, _BANK]}, {})
    assert (fault.pointer, fault.rule, fault.cause) == ("#/body", "oneOf", Cause.MISSING)
    assert (fault.detail, fault.hint) == ("'number' with 'cvc' or 'iban' is missing", "add one of them")
    fault = find_fault({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"c": 1})
    assert fault.detail == "'a' or 'b' is missing"


@pytest.mark.parametrize(
    ("schema", "value", "detail", "hint"),
    [
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            1,
            "1 is a number, not text or null",
            'send it in quotes: "1"',
        ),
        (
            {"anyOf": [_pet({}), {"type": "null"}]},
            5,
            "5 is a number, not an object or null",
            "send an object or null",
        ),
        (
            {"oneOf": [{"type": "integer"}, {"enum": ["auto"]}]},
            "12",
            '"12" is text, not a whole number, nor one of the allowed values',
            "one of: auto; or send the number 12 without quotes",
        ),
        (
            {"oneOf": [{"const": "a"}, {"const": "b"}, {"enum": ["c"]}]},
            "x",
            '"x" is not one of the allowed values',
            "one of: a, b, c",
        ),
        (
            {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}, {"type": "null"}]},
            "x",
            '"x" is not an IPv4 address and is not an IPv6 address',
            "either write it like 192.0.2.1 or write it like 2001:db8::1",
        ),
        (
            {"oneOf": [{"type": "integer", "minimum": 1}, {"enum": ["auto"]}]},
            0,
            "0 is less than 1 and is not one of the allowed values",
            "either send 1 or more or one of: auto",
        ),
        (
            {"anyOf": [{"type": "array", "items": {"type": "null"}}, {"type": "string", "minLength": 1}]},
            "",
            "the text is empty",
            "at least 1 character is wanted",
        ),
        (
            {"anyOf": [{"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "null"}]},
            [],
            "[] is a list, not text, a whole number or null",
            "send text, a whole number or null",
        ),
        (
            {"oneOf": [{"title": "Small"}, {"type": "null"}, {"$ref": "urn:t#/Big"}]},
            5,
            "5 fits more than one of the alternatives (Small and Big)",
            "exactly one of them has to fit",
        ),
        (
            {"oneOf": [{}, {}]},
            5,
            "5 fits more than one of the alternatives (number 1 and number 2)",
            "exactly one of them has to fit",
        ),
    ],
)
def test_alternatives_to_a_single_value_are_told_together(
    find_faults: FindFaults, schema: Any, value: Any, detail: str, hint: str | None
) -> None:
    """As a person would say it."""
    (fault,) = find_faults(schema, value, Big={})
    assert (fault.pointer, fault.detail, fault.hint) == ("#/body", detail, hint)


def test_the_branch_that_fits_best_is_explained(find_fault: FindFault) -> None:
    """However deep alternatives stand in alternatives."""
    circle = {"type": "object", "properties": {"r": {"type": "number"}, "kind": {"const": "circle"}}, "required": ["r"]}
    lines = {"type": "array", "items": {"oneOf": [{"type": "string"}, circle]}}
    fault = find_fault({"oneOf": [{"type": "null"}, lines]}, [{"r": "x"}])
    assert (fault.pointer, fault.rule) == ("#/body/0/r", "type")


def test_alternatives_that_contain_themselves_come_to_an_end(find_faults: FindFaults) -> None:
    """However often a value makes use of that."""
    node = {
        "anyOf": [
            {"type": "object", "properties": {"next": {"$ref": "urn:t#/node"}}, "required": [name]} for name in "xy"
        ]
    }
    body: Any = {}
    for _ in range(8):
        body = {"next": body}
    assert find_faults({"$ref": "urn:t#/node"}, body, node=node)
