from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.coerce import coerce, types_at
from worker.contract.schema import Schemas
from worker.errors import ContractError

_INTEGER: Final = frozenset({"integer"})
_NUMBER: Final = frozenset({"number"})


@pytest.mark.parametrize(
    ("text", "types", "value"),
    [
        ("12", {"integer"}, 12),
        ("-3", {"integer"}, -3),
        ("0", {"number"}, 0),
        ("1.50", {"number"}, 1.5),
        ("1e3", {"number"}, 1000.0),
        ("true", {"boolean"}, True),
        ("null", {"integer", "null"}, None),
        ("[1]", {"array"}, [1]),
        ('{"a": 1}', {"object"}, {"a": 1}),
    ],
)
def test_text_becomes_what_the_contract_asks_for(text: str, types: set[str], value: Any) -> None:
    """Where it is exactly that."""
    found = coerce(text, frozenset(types))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("012", {"integer"}),
        ("-0", {"integer"}),
        ("+1", {"integer"}),
        (" 1", {"integer"}),
        ("1.0", {"integer"}),
        ("1e3", {"integer"}),
        ("٣", {"integer"}),
        ("1_000", {"number"}),
        ("1234567890123456789012", {"integer"}),
        ("0.12345678901234567891", {"number"}),
        ("1e999", {"number"}),
        ("nan", {"number"}),
        ("inf", {"number"}),
        ("True", {"boolean"}),
        ("NULL", {"null"}),
        ("[1", {"array"}),
        ("{1}", {"object"}),
        ("12", {"string", "integer"}),
        ("12", set()),
    ],
)
def test_what_would_have_to_be_guessed_stays_text(text: str, types: set[str]) -> None:
    """So that validation explains it."""
    assert coerce(text, frozenset(types)) == text


@given(
    st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda one: len(repr(one)) < 30)
)
def test_every_number_survives_the_way_through_text(number: float) -> None:
    """As JSON writes it."""
    text = orjson.dumps(number).decode()
    if text != "-0":
        assert coerce(text, _NUMBER) == number


@given(st.text(st.sampled_from("0123456789-+.eE_ "), max_size=12) | st.text(max_size=6))
def test_nothing_but_the_canonical_form_is_changed(text: str) -> None:
    """A whole number that became one is written the same again; another number stands for the same value."""
    whole, number = coerce(text, _INTEGER), coerce(text, _NUMBER)
    assert whole == text or str(whole) == text
    assert number == text or number == orjson.loads(text)


def _types(schema: Any, *path: str, **documents: Any) -> set[str]:
    return set(types_at(schema, path, Schemas(documents and {"urn:t": documents}).lookup))


def test_types_are_found_behind_references_and_unions() -> None:
    """All of them, since any may be meant."""
    schema = {"anyOf": [{"$ref": "urn:t#/a"}, {"type": "null"}]}
    found = _types(schema, "n", "0", a={"properties": {"n": {"$ref": "#/b"}}}, b={"items": {"type": ["integer"]}})
    assert found == {"integer"}
    assert _types({"allOf": [schema]}, a={"type": "object"}) == {"object", "null"}


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"enum": [1, 2]}, {"integer"}),
        ({"enum": ["a", 1.5, None]}, {"string", "number", "null"}),
        ({"const": True}, {"boolean"}),
        ({}, set()),
        (True, set()),
        ({"$ref": "other.json"}, set()),
    ],
)
def test_types_follow_from_values_where_no_type_is_named(schema: Any, types: set[str]) -> None:
    """And where nothing is said, or known, nothing follows."""
    assert _types(schema) == types


def test_members_that_are_not_named_have_the_type_of_additional_ones() -> None:
    """A list goes by number, and an object may have members that are numbers."""
    schema = {"properties": {"7": {"type": "null"}}, "additionalProperties": {"type": "integer"}}
    assert _types(schema, "any") == {"integer"}
    assert _types(schema, "7") == {"null"}


def test_a_schema_that_refers_to_itself_ends() -> None:
    """However often, and through however many branches."""
    node = {"anyOf": [{"$ref": "#/a"} for _ in range(12)] + [{"allOf": [{"$ref": "#/a"}]}, {"type": "integer"}]}
    assert _types({"$ref": "urn:t#/a"}, a=node) == {"integer"}


def test_a_reference_out_of_the_set_is_an_error_of_the_lookup_only() -> None:
    """Not knowing a type keeps no row from being read."""
    with pytest.raises(ContractError):
        Schemas({}).lookup("urn:nowhere#/a")
    assert _types({"$ref": "urn:nowhere#/a"}) == set()
