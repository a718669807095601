from pathlib import Path
from typing import Any

import orjson
import pytest

from worker.contract.contract import Contract, from_declarations
from worker.errors import ContractError
from worker.job import UNSET
from worker.settings import OperationSettings


def _contract(**more: Any) -> Contract:
    settings = OperationSettings(name="op", **{"method": "POST", "path": "/things/{id}", **more})
    return from_declarations({"op": settings}, "preflight.toml")


def _properties(*names: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, **more}


def test_params_go_where_their_names_say() -> None:
    """In the path by its template, elsewhere by a prefix, else in the query."""
    endpoint = _contract(params=_properties("id", "q", "header.X-Trace", "cookie.s")).endpoint("op")
    assert endpoint is not None
    assert {one.name: one.place for one in endpoint.operation.parameters} == {
        "id": "path",
        "q": "query",
        "X-Trace": "header",
        "s": "cookie",
    }
    params = endpoint.resolve({"path.id": "1", "q": "2", "header.X-Trace": "3", "s": "4"})
    assert endpoint.serialiser.target(params) == "/things/1?q=2"
    assert endpoint.serialiser.headers(params) == {"X-Trace": "3", "Cookie": "s=4"}


def test_a_path_parameter_may_be_written_with_its_place() -> None:
    """It is the same parameter, and needed once."""
    endpoint = _contract(params=_properties("path.id", "query.id")).endpoint("op")
    assert endpoint is not None
    assert set(endpoint.operation.by_flat) == {"path.id", "query.id"}
    assert not endpoint.faults({"path.id": "1", "query.id": "2"}, None) or endpoint.operation.body is None


def test_a_name_in_the_template_needs_no_description() -> None:
    """It takes any single value."""
    endpoint = _contract().endpoint("op")
    assert endpoint is not None
    content: Any = {"id": ["a"]}
    assert [one.rule for one in endpoint.faults(content, UNSET) if one.pointer == "#/params/id"] == ["type"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (_properties("path.other"), "not in the path"),
        (_properties("q", required=["r"]), "required"),
        (_properties("q", required="q"), "required"),
        (_properties("q", dependentRequired={"q": ["r"]}), "dependentRequired"),
        ({"$ref": "#/x"}, "$ref"),
        ({"properties": []}, "properties"),
        (_properties("header.X\nY"), "legal name"),
    ],
)
def test_what_would_be_passed_over_in_params_is_refused(params: Any, words: str) -> None:
    """A rule that nobody checks is worse than none."""
    with pytest.raises(ContractError) as caught:
        _contract(params=params)
    assert words in str(caught.value)
    assert str(caught.value).startswith("preflight.toml: ")


def test_schemas_come_from_files_too(tmp_path: Path) -> None:
    """Each in its own dialect."""
    file = tmp_path / "body.json"
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True}
    file.write_bytes(orjson.dumps(schema))
    endpoint = _contract(body=file).endpoint("op")
    assert endpoint is not None
    assert [one.pointer for one in endpoint.faults({"id": "1"}, 1)] == ["#/body"]
    assert not endpoint.faults({"id": "1"}, 2)


def test_a_schema_that_is_none_is_refused_by_the_operations_name() -> None:
    """When it is first used, or before."""
    with pytest.raises(ContractError, match="op"):
        _contract(body={"type": "nonsense"}).endpoint("op")


def test_an_operation_is_idempotent_by_its_method_unless_it_says_so() -> None:
    """RFC 9110 knows the methods; the API's documentation knows better."""
    assert not _contract().operations["op"].idempotent
    assert _contract(method="PUT").operations["op"].idempotent
    assert _contract(idempotent=True).operations["op"].idempotent
