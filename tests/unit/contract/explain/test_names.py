"""Names that are missing, and names that nobody knows."""

from collections.abc import Callable
from typing import Any

import pytest

from worker.job import UNSET
from worker.outcome import Cause, Fault

FindFaults = Callable[..., list[Fault]]
FindFault = Callable[..., Fault]

_ISSUE = {"properties": {"title": {}, "labels": {}}, "additionalProperties": False}


def test_what_is_missing_is_pointed_to_where_it_is_missing(find_faults: FindFaults) -> None:
    """In the body, among the params, and the body itself."""
    found = find_faults({"required": ["a/b"]}, {}, {}) + find_faults({}, UNSET)
    assert [(one.pointer, one.place, one.hint) for one in found] == [
        ("#/params/limit", "query", "add the query parameter 'limit'"),
        ("#/body/a~1b", "body", "add 'a/b'"),
        ("#/body", "body", "add the body"),
    ]
    assert {one.cause for one in found} == {Cause.MISSING}


def test_what_is_missing_comes_with_the_values_that_it_may_have(find_fault: FindFault) -> None:
    """Where the contract lists them."""
    schema = {"properties": {"state": {"$ref": "urn:t#/state"}}, "required": ["state"]}
    assert find_fault(schema, {}, state={"enum": ["open", "closed"]}).hint == "add 'state', one of: open, closed"
    assert find_fault(schema, {}, state={"const": "open"}).hint == "add 'state', open"


def test_a_name_that_is_not_known_gets_the_closest_one_that_is(find_fault: FindFault) -> None:
    """Or a list of those that are, or the advice to leave it out."""
    assert find_fault(_ISSUE, {"titel": 1}).hint == "did you mean 'title'?"
    assert find_fault(_ISSUE, {"Labels": 1}).hint == "did you mean 'labels'?"
    assert find_fault(_ISSUE, {"zzz": 1}).hint == "known here: title, labels"
    assert find_fault({"additionalProperties": False}, {"zzz": 1}).hint == "leave it out"
    assert find_fault({"unevaluatedProperties": False}, {"zzz": 1}).rule == "unevaluatedProperties"
    param = find_fault({}, 1, {"limit": 1, "limits": 2})
    assert (param.pointer, param.hint) == ("#/params/limits", "did you mean 'limit'?")


@pytest.mark.parametrize("schema", [{"required": ["title"]}, {"allOf": [{"required": ["title"]}]}])
def test_a_misspelt_name_may_be_meant_for_the_missing_one(find_faults: FindFaults, schema: Any) -> None:
    """Both faults say so; also where further names are allowed, and no fault of their own."""
    missing, unknown = sorted(find_faults({**_ISSUE, **schema}, {"titel": 1}), key=lambda one: one.pointer)[::-1]
    assert (missing.pointer, missing.hint) == ("#/body/title", "is 'titel' meant for it?")
    assert (unknown.pointer, unknown.hint) == ("#/body/titel", "did you mean 'title'?")
    (missing,) = find_faults({"properties": {"title": {}}, **schema}, {"titel": 1})
    assert missing.hint == "is 'titel' meant for it?"


def test_a_described_name_is_meant_for_itself(find_fault: FindFault) -> None:
    """However much it is like the one that is missing."""
    schema = {"properties": {"title1": {}, "title2": {}}, "anyOf": [{"required": ["title2"]}]}
    assert find_fault(schema, {"title1": 1}).hint == "add 'title2'"


@pytest.mark.parametrize(
    ("name", "place", "hint"),
    [
        ("title", "body", "'title' belongs into the body"),
        ("limt", "query", "did you mean 'limit'?"),
        ("x_trace", "header", "did you mean 'X-Trace'?"),
        ("cookie.session", "cookie", "known here: limit, X-Trace"),
        ("zzz", "job", "known here: limit, X-Trace"),
    ],
)
def test_an_unknown_parameter_is_where_it_was_meant_to_be(
    find_fault: FindFault, name: str, place: str, hint: str
) -> None:
    """As far as anybody can tell."""
    fault = find_fault({"$ref": "urn:t#/issue"}, {}, {"limit": 1, name: 2}, issue=_ISSUE)
    assert (fault.pointer, fault.place, fault.hint) == (f"#/params/{name}", place, hint)
    assert fault.detail == f"op has no parameter '{name}'"


def test_a_parameter_in_the_body_belongs_into_params(find_faults: FindFaults) -> None:
    """At the top of the body; further down it is a name like any other."""
    schema = {"properties": {"in": _ISSUE}, "additionalProperties": False}
    top, inner = sorted(find_faults(schema, {"limit": 5, "in": {"limit": 5}}), key=lambda one: -len(one.pointer))[::-1]
    assert top.hint == "'limit' belongs into params"
    assert inner.hint == "known here: title, labels"


def test_a_name_that_is_not_allowed_is_named(find_faults: FindFaults) -> None:
    """Each of them, with the reason."""
    found = find_faults({"propertyNames": {"pattern": "^a"}}, {"b": 1, "a": 1, "c": 1})
    assert [(one.pointer, one.rule, one.detail) for one in found] == [
        ("#/body/b", "propertyNames", 'the name "b" does not match the pattern ^a'),
        ("#/body/c", "propertyNames", 'the name "c" does not match the pattern ^a'),
    ]


def test_a_schema_known_by_an_id_is_explained_too(find_fault: FindFault) -> None:
    """Its place cannot be looked up, so there is less to say."""
    inner = {"$id": "https://example.org/inner", "properties": {"a": {}}, "additionalProperties": False}
    assert find_fault({"properties": {"x": inner}}, {"x": {"b": 1}}).pointer == "#/body/x/b"


def test_a_very_long_name_costs_no_time(find_fault: FindFault) -> None:
    """What is compared grows with the square of its length."""
    fault = find_fault(_ISSUE, {"titel" * 100_000: 1})
    assert fault.hint == "known here: title, labels"
    assert len(fault.detail) < 100
