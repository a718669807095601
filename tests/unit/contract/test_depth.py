from typing import Any, Final

import pytest

from worker.contract.schema import Schemas, Validator

_NODE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "object", "properties": {"inner": {"$ref": "#/$defs/N"}}, "required": [name]} for name in "abcdefgh"
    ]
}


def _validator(schema: Any) -> Validator:
    return Schemas({"urn:t": {"$defs": {"N": _NODE}, **schema}}).compile({"properties": {"body": {"$ref": "urn:t#"}}})


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"inner": value}
    return value


@pytest.mark.parametrize("levels", [6, 20, 150])
def test_alternatives_that_hold_themselves_do_not_multiply(levels: int) -> None:
    """Eight of them, twenty levels deep, have more errors than there is memory for."""
    (error,) = _validator({"$ref": "#/$defs/N"}).errors({"body": _nested(levels)})
    assert error.instance_path == ["body"]
    assert "too many to tell apart" in error.message


def test_a_shallow_value_is_explained_as_ever() -> None:
    """With everything in its alternatives."""
    (error,) = _validator({"$ref": "#/$defs/N"}).errors({"body": _nested(1)})
    assert error.kind.name == "anyOf"


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_many_wrong_items_are_all_told(union: str) -> None:
    """Their number grows with the list, and not with its depth."""
    item = {"type": "object", "properties": {"a": {union: [{"type": "integer"}, {"type": "null"}]}}}
    items: list[Any] = [{"a": {"b": {"c": {}}}}] * 1_000
    found = _validator({"type": "array", "items": item}).errors({"body": items})
    assert len(found) == 1_000
    assert {error.kind.name for error in found} == {union}


def test_a_large_value_is_told_by_the_first_items_of_its_lists() -> None:
    """A million wrong items would have a million errors; what lies beyond the first is told once."""
    strings = {"type": "array", "items": {"type": "string"}}
    found = _validator(strings).errors({"body": [0] * 100_000})
    assert [error.instance_path for error in found] == [*(["body", at] for at in range(100)), ["body"]]
    assert "only the first 100 items" in found[-1].message
    late = _validator(strings).errors({"body": ["x"] * 50_000 + [0]})
    assert [error.instance_path for error in late] == [["body", 50_000]]
    many = _validator({**strings, "maxItems": 10}).errors({"body": ["x"] * 50_000})
    assert [error.kind.name for error in many] == ["maxItems"]
