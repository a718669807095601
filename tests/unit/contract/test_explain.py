from typing import Any, Final

import pytest

from worker.contract.endpoint import Endpoint
from worker.contract.operation import Body, Content, Operation, Parameter, ParameterPlace
from worker.contract.schema import Schemas
from worker.job import UNSET
from worker.outcome import Cause, Fault

_PLACES: Final[dict[str, ParameterPlace]] = {"limit": "query", "X-Trace": "header"}
_PARAMETERS: Final = tuple(
    Parameter(name, place, name, required=name == "limit", schema={"type": "integer"}, style="form", explode=True)
    for name, place in _PLACES.items()
)


def _faults(schema: Any, body: Any, params: Any = None) -> list[Fault]:
    operation = Operation(
        "op", "POST", "/", _PARAMETERS, Body(required=True, contents=(Content("application/json", {"$ref": "urn:t#"}),))
    )
    schemas = Schemas({"urn:t": schema})
    endpoint = Endpoint(operation, schemas)
    return endpoint.faults({"limit": 1} if params is None else params, body)


def _only(schema: Any, body: Any) -> Fault:
    (fault,) = _faults(schema, body)
    return fault


@pytest.mark.parametrize(
    ("schema", "value", "detail", "hint"),
    [
        ({"minimum": 1}, 0, "0 is less than 1", "send 1 or more"),
        ({"maximum": 9}, 10, "10 is more than 9", "send 9 or less"),
        ({"exclusiveMinimum": 1}, 1, "1 is not more than 1", "send more than 1"),
        ({"exclusiveMaximum": 1}, 1, "1 is not less than 1", "send less than 1"),
        ({"minLength": 2}, "a", '"a" has 1 characters', "at least 2 are wanted"),
        ({"maxLength": 2}, "abc", '"abc" has 3 characters', "at most 2 are allowed"),
        ({"minItems": 2}, [1], "the list has 1 items", "at least 2 are wanted"),
        ({"maxItems": 1}, [1, 2], "the list has 2 items", "at most 1 are allowed"),
        ({"minProperties": 1}, {}, "the object has 0 members", "at least 1 are wanted"),
        ({"maxProperties": 0}, {"a": 1}, "the object has 1 members", "at most 0 are allowed"),
        ({"multipleOf": 3}, 4, "4 is not a multiple of 3", "send a multiple of 3"),
        ({"uniqueItems": True}, [1, 1], "the list holds something twice", "send each item once"),
        (
            {"enum": ["red", "blue"]},
            "blu",
            '"blu" is not one of the allowed values',
            "did you mean 'blue'? one of: red, blue",
        ),
        ({"enum": [1, None]}, 5, "5 is not one of the allowed values", "one of: 1, null"),
        ({"const": {"a": 1}}, 5, '5 is not {"a":1}', 'send {"a":1}'),
        ({"format": "date"}, "x", '"x" is not a date', "write it like 2026-12-31"),
        ({"format": "hostname"}, "-", '"-" is not a hostname', None),
        ({"pattern": "^a$"}, "b", '"b" does not match the pattern ^a$', None),
        ({"type": "integer"}, "12", '"12" is text, not a whole number', "send the number 12 without quotes"),
        ({"type": "integer"}, "1.5", '"1.5" is text, not a whole number', None),
        ({"type": "boolean"}, "true", '"true" is text, not true or false', "send true without quotes"),
        ({"type": "string"}, 12, "12 is a number, not text", 'send it in quotes: "12"'),
        ({"type": "string"}, True, "true is a boolean, not text", 'send it in quotes: "true"'),
        ({"type": ["array", "object"]}, None, "null is null, not a list or an object", None),
        ({"not": {}}, 1, "1 is what the contract excludes", None),
        ({"contains": {"type": "null"}, "type": "array"}, [1], "not the right items are in the list", None),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, "the object has a member whose name is not allowed", None),
        ({"unevaluatedItems": False}, [1], "the list has items beyond those that are described", "leave them out"),
        (False, 1, "1 is not allowed here", "leave it out"),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            1,
            "1 fits none of the 2 alternatives",
            "send text or null",
        ),
        ({"oneOf": [{}, {}]}, 1, "1 fits more than one of the alternatives, but exactly one is wanted", None),
    ],
)
def test_every_rule_says_what_is_wrong_and_what_to_do(schema: Any, value: Any, detail: str, hint: str | None) -> None:
    """In words for a person, with the place and the rule's name for a program."""
    fault = _only(schema, value)
    assert (fault.pointer, fault.place, fault.detail, fault.hint) == ("#/body", "body", detail, hint)
    assert fault.rule == (next(iter(schema)) if isinstance(schema, dict) else "falseSchema")
    assert fault.cause is Cause.INVALID


def test_what_is_missing_is_pointed_to_where_it_is_missing() -> None:
    """In the body, among the params, and the body itself."""
    found = _faults({"required": ["a/b"]}, {}, {}) + _faults({}, UNSET)
    assert [(one.pointer, one.place, one.hint) for one in found] == [
        ("#/params/limit", "query", "add the query parameter 'limit'"),
        ("#/body/a~1b", "body", "add 'a/b'"),
        ("#/body", "body", "add the body"),
    ]
    assert {one.cause for one in found} == {Cause.MISSING}


def test_a_name_that_is_not_known_gets_the_closest_one_that_is() -> None:
    """Or a list of those that are, or the advice to leave it out."""
    schema = {"properties": {"title": {}, "labels": {}}, "additionalProperties": False}
    assert _only(schema, {"titel": 1}).hint == "did you mean 'title'?"
    assert _only(schema, {"zzz": 1}).hint == "known here: title, labels"
    assert _only({"additionalProperties": False}, {"zzz": 1}).hint == "leave it out"
    (param,) = _faults({}, 1, {"limit": 1, "limits": 2})
    assert (param.pointer, param.hint) == ("#/params/limits", "did you mean 'limit'?")


def test_a_schema_known_by_an_id_is_explained_too() -> None:
    """Its place cannot be looked up, so there is less to say."""
    inner = {"$id": "https://example.org/inner", "properties": {"a": {}}, "additionalProperties": False}
    assert _only({"properties": {"x": inner}}, {"x": {"b": 1}}).pointer == "#/body/x/b"


def test_all_faults_are_told_at_once() -> None:
    """Each place and rule once, in params and body."""
    schema = {
        "properties": {"a": {"type": "integer"}, "b": {"minimum": 1}},
        "required": ["c"],
        "allOf": [{"required": ["c"]}],
    }
    found = _faults(schema, {"a": "x", "b": 0}, {"limit": "x", "X-Trace": "y"})
    assert sorted(one.pointer for one in found) == [
        "#/body/a",
        "#/body/b",
        "#/body/c",
        "#/params/X-Trace",
        "#/params/limit",
    ]
    assert {one.place for one in found if "Trace" in one.pointer} == {"header"}


def test_the_branch_that_fits_best_is_explained() -> None:
    """However deep alternatives stand in alternatives."""
    circle = {"type": "object", "properties": {"r": {"type": "number"}, "kind": {"const": "circle"}}, "required": ["r"]}
    lines = {"type": "array", "items": {"oneOf": [{"type": "string"}, circle]}}
    shapes = {"oneOf": [{"type": "null"}, lines]}
    (fault,) = _faults(shapes, [{"r": "x"}])
    assert (fault.pointer, fault.rule) == ("#/body/0/r", "type")


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"properties": {"password": {"minLength": 99}}}, {"password": "hunter2"}),
        ({"properties": {"password": {"type": "integer"}}}, {"password": "hunter2"}),
        ({"properties": {"password": {"enum": ["a"]}}}, {"password": "hunter2"}),
        ({"properties": {"token": {"items": {"type": "integer"}}}}, {"token": ["hunter2"]}),
        ({"properties": {"token": {"not": {}}}}, {"token": "hunter2"}),
        ({"type": "string"}, {"a": {"password": "hunter2"}}),
        ({"not": {}}, {"password": "hunter2"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"password": "hunter2"}),
        ({"properties": {"a": {"type": "integer"}}}, {"a": "Bearer hunter2hunter2"}),
    ],
)
def test_a_secret_is_never_shown(schema: Any, body: Any) -> None:
    """Neither as the value that is wrong, nor inside of it."""
    found = _faults(schema, body)
    assert found
    assert not [one for one in found if "hunter2" in f"{one.detail}{one.hint}"]


def test_long_values_and_long_lists_are_cut() -> None:
    """One line is read, a page is not; and a million faults are one mistake."""
    assert len(_only({"maxLength": 1}, "x" * 1000).detail) < 100
    assert _only({"enum": [str(n) for n in range(20)]}, "x").hint == "one of: 0, 1, 2, 3, 4, 5, 6, 7 and 12 more"
    assert len(_faults({"items": {"type": "null"}}, list(range(5000)))) == 1000
