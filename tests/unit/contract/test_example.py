import os
from pathlib import Path
from typing import Any

import pytest

from worker import resources
from worker.contract.contract import Contract, from_declarations, from_document
from worker.contract.example import example
from worker.job import UNSET
from worker.settings import OperationSettings

GITHUB = Path(__file__).parents[3] / ".corpus/package/generated/api.github.com.json"


def accepts(contract: Contract, name: str, content: dict[str, Any]) -> bool:
    """Whether the contract finds nothing wrong."""
    endpoint = contract.endpoint(name)
    assert endpoint is not None
    return not endpoint.faults(content["params"], content.get("body", UNSET))


def of_body(schema: dict[str, Any]) -> Any:
    """The example of an operation with this body."""
    declared = {"op": OperationSettings("op", "POST", "/x", body=schema)}
    contract = from_declarations(declared, "a test")
    content = example(contract, "op")
    return None if content is None else content["body"]


def test_every_operation_of_the_demo_shop_has_a_valid_example() -> None:
    """Path, query, header, body: all that it needs, and nothing that is refused."""
    contract = from_document(resources.path("schemas/demo.openapi.yaml"))
    for name in contract.operations:
        content = example(contract, name)
        assert content is not None, name
        assert accepts(contract, name, content), name


def test_the_contracts_own_example_comes_first() -> None:
    """As its author wrote it."""
    contract = from_document(resources.path("schemas/demo.openapi.yaml"))
    content = example(contract, "createOrder")
    assert content is not None
    assert content["body"]["email"] == "ada@example.com"


@pytest.mark.corpus
def test_nearly_all_of_githubs_operations_have_a_valid_example() -> None:
    """1,223 operations that nobody wrote for us."""
    if not GITHUB.exists():
        assert os.environ.get("CI") != "true", "CI must run `make corpus` first"
        pytest.skip("GitHub's contract is not here: `make corpus` fetches it")
    contract = from_document(GITHUB, "jsonschema-rs")
    made = {name: content for name in contract.operations if (content := example(contract, name)) is not None}
    assert len(contract.operations) == 1223
    assert all(accepts(contract, name, content) for name, content in made.items())
    assert len(made) >= 0.99 * 1223, sorted(contract.operations.keys() - made.keys())


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"const": 7}, 7),
        ({"enum": [None, "b", "c"]}, "b"),
        ({"type": "integer", "default": 4}, 4),
        ({"type": "integer", "examples": [9]}, 9),
        ({"type": "integer", "example": "no number"}, 1),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "exclusiveMaximum": 0}, -1),
        ({"type": "number", "maximum": 0.5}, 0.5),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, 0.25),
        ({"type": "integer", "maximum": -3.5}, -4),
        ({"type": "boolean"}, True),
        ({"type": ["null", "boolean"]}, True),
        ({"type": "null"}, None),
        ({"type": "string", "minLength": 6}, "textxx"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "format": "date"}, "2026-12-31"),
        ({"type": "string", "pattern": "^[A-Z]{2,8}-[0-9]{1,5}$"}, "AA-0"),
        ({"type": "string", "pattern": r"^(?:ab|c)+\.[^a-z]\d?\w$"}, "ab.Aa"),
        ({"type": "string", "pattern": "^[a-z]{2,4}[0-9]+$", "minLength": 7}, "aaaa000"),
        ({"type": "string", "pattern": "^([a-z]_)+[0-9]$", "minLength": 6}, "a_a_a_0"),
        ({"type": "string", "pattern": "^[a-z|]+@x$", "minLength": 4}, "aa@x"),
        ({"type": "string", "pattern": "^(?!aws)[A-Z]+$"}, "A"),
        ({"type": "string", "pattern": "^a\\u002Fb$"}, "a/b"),
        ({"type": "string", "pattern": "^https://", "format": "uri"}, "https://example.org/path"),
        ({"type": "string", "pattern": r"^\d{0,2}(?:\.\d{0,2})?$"}, ""),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True}, [1, 2, 3]),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True}, ["a", "b"]),
        ({"type": "array", "maxItems": 0}, []),
        ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}]}, [1, 2]),
        ({"required": ["a"], "properties": {"a": {"type": "string"}, "b": {}}}, {"a": "a"}),
        ({"properties": {"a": {"type": "string"}, "b": {"readOnly": True}}}, {"a": "a"}),
        ({"type": "object", "minProperties": 2, "additionalProperties": {"const": 1}}, {"name1": 1, "name2": 1}),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"const": 1}}}]}, {"a": 1}),
        ({"oneOf": [{"not": {}}, {"const": 2}]}, 2),
        ({"anyOf": [{"type": "string", "pattern": "(?=x)y"}, {"type": "boolean"}]}, True),
    ],
)
def test_a_value_is_made_of_what_the_schema_says(schema: dict[str, Any], wanted: Any) -> None:
    """Named values first, then the smallest that fits."""
    assert of_body(schema) == wanted


def test_a_schema_that_contains_itself_ends() -> None:
    """The first level is made; what need not be there is left out."""
    tree = {"required": ["name"], "properties": {"name": {"type": "string"}, "child": {"$ref": "#"}}}
    assert of_body({"type": "object", **tree}) == {"name": "name"}


@pytest.mark.parametrize("schema", [{"type": "string", "pattern": "(?=a)b"}, {"type": "string", "pattern": r"^(a)\1$"}])
def test_no_example_is_better_than_a_wrong_one(schema: dict[str, Any]) -> None:
    """What cannot be made is not made up."""
    assert of_body(schema) is None


def test_parameters_take_the_names_that_jobs_use(tmp_path: Path) -> None:
    """One name in two places is qualified by both; only what is required is there."""
    document = tmp_path / "api.yaml"
    document.write_text(
        """
openapi: 3.0.3
paths:
  /a/{id}:
    get:
      operationId: get
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}, example: 7}
        - {name: id, in: query, required: true, schema: {type: string, nullable: true}}
        - {name: page, in: query, schema: {type: integer}}
    post:
      operationId: upload
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody: {required: true, content: {text/csv: {schema: {type: string}}}}
"""
    )
    contract = from_document(document)
    assert example(contract, "get") == {"params": {"path.id": 7, "query.id": "id"}}
    assert example(contract, "upload") == {"params": {"id": 1}, "body": "text"}
    assert example(contract, "gone") is None
