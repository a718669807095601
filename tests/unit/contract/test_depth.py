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
