from typing import Any

import orjson
import pytest

from tests.unit.contract.conftest import Describe
from worker.contract import openapi
from worker.contract.contract import DocumentContract
from worker.contract.library import Library
from worker.contract.openapi import Habits
from worker.contract.read_only import ReadOnly

ID = {"type": "integer", "readOnly": True}
NAME = {"type": "string"}


def _rules(describe: Describe, schema: Any, body: Any, read_only: ReadOnly = "error", **schemas: Any) -> list[str]:
    operation = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    document = describe("3.0.3", operation=operation, components={"schemas": schemas})
    found = Library(orjson.loads(orjson.dumps(document)))  # it is changed in place
    read = openapi.read(found, Habits(read_only=read_only))
    endpoint = DocumentContract(read, found, "c.json", "auto", None).endpoint("op")
    assert endpoint is not None
    return [f"{one.rule} {one.pointer}" for one in endpoint.faults({"id": "1"}, body)]


@pytest.mark.parametrize(
    "schema",
    [
        {"required": ["id", "name"], "properties": {"id": ID, "name": NAME}},
        {"required": ["id", "name"], "properties": {"id": {"$ref": "#/components/schemas/Id"}, "name": NAME}},
        {"allOf": [{"properties": {"id": ID}}, {"required": ["id", "name"]}]},
        {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["id", "name"]},
        {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "name"]}]},
    ],
)
def test_what_is_read_only_is_not_required(describe: Describe, schema: Any) -> None:
    """Of answers only (OAS, "readOnly"); wherever the property and its requirement stand."""
    shared: dict[str, Any] = {"Id": ID, "Base": {"type": "object", "properties": {"id": ID}}}
    assert _rules(describe, schema, {"name": "a"}, **shared) == []
    assert _rules(describe, schema, {}, **shared) == ["required #/body/name"]


def test_what_is_read_only_is_not_sent_unless_it_is_allowed(describe: Describe) -> None:
    """The API sets it: a job that does means something else."""
    schema = {"type": "object", "properties": {"id": ID, "name": NAME}}
    assert _rules(describe, schema, {"id": 5, "name": "a"}) == ["readOnly #/body/id"]
    assert _rules(describe, schema, {"id": 5, "name": "a"}, "allow") == []
    assert _rules(describe, schema, {"id": "five"}, "allow") == ["type #/body/id"]


def test_a_property_that_serves_others_is_not_forbidden_there(describe: Describe) -> None:
    """A reference to its place means its type, not its being read-only."""
    thing = {"type": "object", "properties": {"id": ID}}
    schema = {"type": "object", "properties": {"other": {"$ref": "#/components/schemas/Thing/properties/id"}}}
    assert _rules(describe, schema, {"other": 5}, "allow", Thing=thing) == []
    assert _rules(describe, schema, {"other": "five"}, "allow", Thing=thing) == ["type #/body/other"]


def test_schemas_that_hold_themselves_end(describe: Describe) -> None:
    """However they are made."""
    loop = {"allOf": [{"$ref": "#/components/schemas/Loop"}], "required": ["id"], "properties": {"x": {"$ref": "#/x"}}}
    assert isinstance(_rules(describe, {"$ref": "#/components/schemas/Loop"}, {"id": 1}, Loop=loop), list)
