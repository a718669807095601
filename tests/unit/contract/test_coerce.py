from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.coerce import Change, Coercer, coerced
from worker.contract.contract import from_declarations
from worker.contract.library import Library
from worker.contract.places import Places
from worker.settings import OperationSettings

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
        ("9223372036854775807", {"integer"}, 2**63 - 1),
        ("18446744073709551615", {"number"}, 2**64 - 1),
    ],
)
def test_text_becomes_what_the_contract_asks_for(text: str, types: set[str], value: Any) -> None:
    """Where it is exactly that."""
    found = coerced(text, frozenset(types))
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
        ("18446744073709551616", {"integer"}),
        ("-9223372036854775809", {"number"}),
        ("[1]", {"array"}),
        ('{"a": 1}', {"object"}),
        ("12", {"string", "integer"}),
        ("12", set()),
    ],
)
def test_what_would_have_to_be_guessed_stays_text(text: str, types: set[str]) -> None:
    """So that validation explains it."""
    assert coerced(text, frozenset(types)) == text


@given(
    st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda one: len(repr(one)) < 30)
)
def test_every_number_survives_the_way_through_text(number: float) -> None:
    """As JSON writes it."""
    text = orjson.dumps(number).decode()
    if text != "-0":
        assert coerced(text, _NUMBER) == number


@given(st.text(st.sampled_from("0123456789-+.eE_ "), max_size=12) | st.text(max_size=6))
def test_nothing_but_the_canonical_form_is_changed(text: str) -> None:
    """A whole number that became one is written the same again; another number stands for the same value."""
    whole, number = coerced(text, _INTEGER), coerced(text, _NUMBER)
    assert whole == text or str(whole) == text
    assert number == text or number == orjson.loads(text)


def changed(schema: Any, body: Any, *, params: Any = None, trim: bool = False) -> tuple[Any, list[Change]]:
    """What becomes of a body, or of params, that this schema describes."""
    declared = OperationSettings("op", "POST", "/x", {"properties": params or {}}, schema)
    job = {"params" if params else "body": body, "meta": {"n": " 1 "}}
    made = Coercer(from_declarations({"op": declared}, "a test"), trim=trim, decode=orjson.loads)
    changes = made.coerce("op", None, job)
    assert job.pop("meta") == {"n": " 1 "}
    return next(iter(job.values())), changes


def became(schema: Any, body: Any) -> Any:
    """The body alone."""
    return changed(schema, body)[0]


_NODE: Final = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "next": {"$ref": "#"}, "all": {"items": {"$ref": "#"}}},
    "additionalProperties": {"type": "boolean"},
}


def test_values_are_changed_wherever_the_contract_describes_them() -> None:
    """Members, items, members that are not named; however deep, in schemas that contain themselves."""
    body = {"n": "1", "next": {"next": {"n": "2"}}, "all": [{"n": "x"}, {"all": [{"n": "3", "any": "true"}]}]}
    found, changes = changed(_NODE, body)
    assert found == {"n": 1, "next": {"next": {"n": 2}}, "all": [{"n": "x"}, {"all": [{"n": 3, "any": True}]}]}
    assert changes == [
        Change("#/body/n", "integer"),
        Change("#/body/next/next/n", "integer"),
        Change("#/body/all/*/all/*/n", "integer"),
        Change("#/body/all/*/all/*/*", "boolean"),
    ]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"anyOf": [{"$ref": "#/$defs/whole"}, {"type": "null"}]}, 12),
        ({"allOf": [{"type": ["integer", "string"]}, {"type": "integer"}]}, 12),
        ({"allOf": [{"$ref": "#/$defs/whole"}, {"description": "a number"}]}, 12),
        ({"$ref": "#/$defs/whole", "minimum": 1}, 12),
        ({"$ref": "#/$defs/itself"}, 12),
        ({"enum": [11, 12]}, 12),
        ({"const": 12}, 12),
        ({"type": "number", "enum": [12, 1.5]}, 12),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, "12"),
        ({"anyOf": [{"type": "integer"}, {"maxLength": 2}]}, "12"),
        ({"anyOf": [{"type": "integer"}, {"$ref": "https://example.org/elsewhere"}]}, "12"),
        ({"enum": [12, "12"]}, "12"),
        ({"not": {"type": "string"}}, "12"),
        ({}, "12"),
        (True, "12"),
        (False, "12"),
    ],
)
def test_text_stays_text_where_the_contract_may_take_it(schema: Any, value: Any) -> None:
    """All that has to be fulfilled narrows; what may be fulfilled widens."""
    itself = {"anyOf": [{"$ref": "#/$defs/itself"} for _ in range(12)] + [{"type": "integer"}]}
    definitions = {"whole": {"type": "integer"}, "itself": itself}
    places = Places(Library({"$defs": definitions, "properties": {"x": schema}}, "urn:t").lookup)
    place = places.root({"$ref": "urn:t#/properties/x"})
    assert coerced("12", place.types if place else frozenset()) == value


@pytest.mark.parametrize(
    ("schema", "body", "value"),
    [
        ({"oneOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["b"]}]}, {"a": "1"}, {"a": 1}),
        (
            {"oneOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"a": {"type": "string"}}}]},
            {"a": "1"},
            {"a": "1"},
        ),
        (
            {"anyOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"a": {}}}]},
            {"a": "1"},
            {"a": "1"},
        ),
        (
            {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"a": {"minimum": 0}}}]},
            {"a": "1"},
            {"a": 1},
        ),
        ({"prefixItems": [{"type": "integer"}, {"type": "string"}]}, ["1", "2", "3"], [1, "2", "3"]),
        ({"prefixItems": [True], "items": {"type": "integer"}}, ["1", "2"], ["1", 2]),
        (
            {"patternProperties": {"^n": {"type": "integer"}}, "additionalProperties": False},
            {"n1": "1"},
            {"n1": 1},
        ),
        ({"patternProperties": {"^n": {"type": "integer"}}}, {"n1": "1"}, {"n1": "1"}),
        (
            {"additionalProperties": {"type": "integer"}, "properties": {"a": {}}},
            {"a": "1", "b": "2"},
            {"a": "1", "b": 2},
        ),
        ({"type": "integer"}, " 12", " 12"),
        ({"properties": {"a": {"type": "integer"}}}, {"a": {"deeper": "1"}}, {"a": {"deeper": "1"}}),
        ({"type": "array", "items": {"type": "integer"}}, '["1", 2]', [1, 2]),
        ({"type": "object"}, "{broken", "{broken"),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, {"a": "[1]"}, {"a": [1]}),
    ],
)
def test_members_and_items_have_what_all_schemas_say_about_them(schema: Any, body: Any, value: Any) -> None:
    """A schema that does not speak of a member says nothing; text of a cell may be JSON."""
    assert became(schema, body) == value


def test_params_are_known_by_all_of_their_names() -> None:
    """``query.limit`` is ``limit``."""
    params = {"limit": {"type": "integer"}, "name": {"type": "string"}}
    found, changes = changed(None, {"limit": "5", "query.limit": "6", "name": "7", "other": "8"}, params=params)
    assert found == {"limit": 5, "query.limit": 6, "name": "7", "other": "8"}
    assert [change.pointer for change in changes] == ["#/params/limit", "#/params/query.limit"]


def test_blanks_are_taken_off_only_where_that_is_asked_for() -> None:
    """All text but ``meta`` loses them; what becomes another type is told once."""
    schema = {"properties": {"n": {"type": "integer"}, "s": {"type": "string"}}}
    found, changes = changed(schema, {"n": " 1", "s": "x ", "t": ["\ty", "z"]}, trim=True)
    assert found == {"n": 1, "s": "x", "t": ["y", "z"]}
    assert changes == [
        Change("#/body/n", "integer"),
        Change("#/body/s", "trimmed text"),
        Change("#/body/*/*", "trimmed text"),
    ]
    assert became(schema, {"n": " 1"}) == {"n": " 1"}


def test_the_media_type_of_the_job_chooses_the_body(describe: Any, compiled: Any) -> None:
    """One operation, two bodies."""
    schemas = {"application/json": "integer", "application/x-www-form-urlencoded": "string"}
    content = {name: {"schema": {"properties": {"n": {"type": kind}}}} for name, kind in schemas.items()}
    made = Coercer(compiled(describe(operation={"requestBody": {"content": content}})))
    for media_type, value in ((None, 1), ("application/x-www-form-urlencoded", "1"), ("text/csv", "1")):
        job = {"body": {"n": "1"}}
        made.coerce("op", media_type, job)
        assert job["body"] == {"n": value}


def test_an_operation_that_is_not_there_asks_for_nothing() -> None:
    """Validation says that there is none."""
    made = Coercer(from_declarations({}, "a test"))
    assert made.coerce("gone", None, {"body": {"n": "1"}}) == []


def test_schemas_that_all_refer_to_each_other_take_no_time() -> None:
    """Text stays text where the search is given up."""
    names = [f"s{number}" for number in range(14)]
    documents = {name: {"anyOf": [{"$ref": f"#/{other}"} for other in names]} for name in names}
    documents["s13"]["anyOf"].append({"type": "integer"})
    place = Places(Library(documents, "urn:t").lookup).root({"$ref": "urn:t#/s0"})
    assert place is None
