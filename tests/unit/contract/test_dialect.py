from typing import Any

import orjson
import pytest

from tests.unit.contract.conftest import Describe
from worker.contract import openapi
from worker.contract.contract import DocumentContract
from worker.contract.dialect import Nullable
from worker.contract.library import Library
from worker.contract.openapi import Habits


def _accepts(document: Any, body: Any, nullable: Nullable = "strict") -> bool:
    found = Library(orjson.loads(orjson.dumps(document)))  # it is changed in place
    contract = DocumentContract(openapi.read(found, Habits(nullable)), found, "c.json", "auto", None)
    endpoint = contract.endpoint("op")
    assert endpoint is not None
    assert endpoint.operation.unusable is None
    assert not contract.notes
    return not endpoint.faults({"id": "1"}, body)


def _of(describe: Describe, version: str, schema: Any, **schemas: Any) -> dict[str, Any]:
    operation = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    return describe(version, operation=operation, components={"schemas": schemas})


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1"])
@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "format": "int32"}, 2**31 - 1, 2**31),
        ({"type": "integer", "format": "int32"}, -(2**31), -(2**31) - 1),
        ({"type": "integer", "format": "int64"}, 2**63 - 1, 2**63),
        ({"type": "integer", "format": "uint8"}, 255, 256),
        ({"type": "integer", "format": "uint8"}, 0, -1),
        ({"type": "integer", "format": "int32", "maximum": 5}, 5, 6),
        ({"type": "integer", "format": "int32", "minimum": -(10**12)}, -(2**31), -(2**31) - 1),
    ],
)
def test_a_format_bounds_whole_numbers(describe: Describe, version: str, schema: Any, good: int, bad: int) -> None:
    """Where the schema has no narrower bounds."""
    document = _of(describe, version, schema)
    assert _accepts(document, good)
    assert not _accepts(document, bad)


def test_a_bound_out_of_range_takes_its_flag_with_it(describe: Describe) -> None:
    """What was excluded was another number."""
    schema = {"type": "integer", "format": "int32", "maximum": 10**12, "exclusiveMaximum": True}
    assert _accepts(_of(describe, "3.0.3", schema), 2**31 - 1)


def test_numbers_that_are_not_whole_have_no_such_range(describe: Describe) -> None:
    """OpenAPI gives it to integers."""
    assert _accepts(_of(describe, "3.0.3", {"type": "number", "format": "int32"}), 1e12)


@pytest.mark.parametrize(
    "schema",
    [
        {"nullable": True, "allOf": [{"$ref": "#/components/schemas/S"}]},
        {"nullable": True, "$ref": "#/components/schemas/S"},
        {"nullable": True, "oneOf": [{"type": "string"}]},
        {"nullable": True, "type": "string", "enum": ["a"]},
        {"nullable": True, "enum": ["a"]},
    ],
)
def test_nullable_counts_beside_a_type_only_unless_it_is_read_leniently(describe: Describe, schema: Any) -> None:
    """OAS 3.0.3; many authors mean more."""
    document = _of(describe, "3.0.3", schema, S={"type": "string"})
    assert not _accepts(document, None)
    assert _accepts(document, None, "lenient")
    assert _accepts(document, "a", "lenient")
    assert not _accepts(document, 5, "lenient")


def test_an_id_is_nothing_to_3_0(describe: Describe) -> None:
    """To Draft 4 it would be an address that references are relative to."""
    thing = {"id": "http://elsewhere/", "properties": {"a": {"$ref": "#/components/schemas/S"}}}
    document = _of(describe, "3.0.3", {"$ref": "#/components/schemas/T"}, T=thing, S={"type": "string"})
    assert _accepts(document, {"a": "x"})
    assert not _accepts(document, {"a": 1})


_NAMED: Any = {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "string"}}}
_A: Any = {"properties": {"a": {"type": "string"}}}
_T: Any = {"properties": {"a": {"$ref": "t"}}}
_TREE: Any = {"$dynamicAnchor": "n", "properties": {"a": {"$dynamicRef": "#n"}}, "type": ["object", "string"]}


@pytest.mark.parametrize(
    ("schema", "schemas"),
    [
        ({"$ref": "#/components/schemas/S"}, {"S": {"$id": "https://ex.example/s", **_NAMED}}),
        ({"$ref": "https://ex.example/s"}, {"S": {"$id": "https://ex.example/s", **_NAMED}}),
        ({"$ref": "#s"}, {"S": {"$anchor": "s", **_A}}),
        ({"$ref": "urn:s#t"}, {"S": {"$id": "urn:s", "$defs": {"T": {"$anchor": "t", **_A}}}}),
        ({"$ref": "#/components/schemas/S"}, {"S": {"$id": "s", **_T}, "T": {"$id": "t", "type": "string"}}),
        ({"$ref": "#/components/schemas/S"}, {"S": _TREE}),
    ],
)  # fmt: skip
def test_schemas_may_be_called_by_name_in_3_1(describe: Describe, schema: Any, schemas: Any) -> None:
    """By ``$id``, by anchor, and relative to the ``$id`` of what they stand in."""
    document = _of(describe, "3.1.0", schema, **schemas)
    assert _accepts(document, {"a": "x"})
    assert not _accepts(document, {"a": 1})
