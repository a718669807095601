"""The sandbox serves what it can of any document, and says what it cannot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worker.errors import ContractError
from worker.sandbox import Behaviour, Contract, Sandbox, document
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

INTEGER = {"type": "integer"}


def document_of(paths: dict[str, Any], version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    """An OpenAPI document."""
    return {"openapi": version, "paths": paths, **more}


def posting(schema: Any) -> dict[str, Any]:
    """A path item with a POST that takes such a body as JSON."""
    content = {"application/json": {"schema": schema}}
    return {"post": {"requestBody": {"content": content}, "responses": {"201": {"description": "made"}}}}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"parameters": [{"$ref": "#/components/parameters/Gone"}]}, "Gone does not exist"),
        ({"parameters": [{"name": "v", "in": "body"}]}, "has no usable `name` and `in`"),
        ({"parameters": {"name": "v"}}, "parameters is no array"),
        ({"requestBody": {"$ref": "other.yaml#/B"}}, "bundle the contract into one file"),
        ({"requestBody": {"content": []}}, "content is no object"),
        ({"responses": {"200": {"$ref": "#/gone"}}}, "#/gone does not exist"),
        ({"security": [{"nobody": []}]}, "wants the security scheme 'nobody'"),
        ({"security": {"nobody": []}}, "security is no array"),
        ({"$ref": "#/nowhere"}, "#/nowhere does not exist"),
    ],
)
def test_one_broken_operation_leaves_the_others_alone(ask: Ask, broken: dict[str, Any], reason: str) -> None:
    """It answers 500 with the reason, which is among the notes from the start."""
    paths = {"/a": {"get": {"operationId": "bad", **broken}}, "/b": {"get": {"operationId": "good"}}}
    contract = Contract.of(document_of(paths))
    sandbox = Sandbox(contract)
    answer = ask(sandbox, "GET", "/a").answer
    assert answer.status == 500
    assert reason in answer.body.decode()
    assert [note for note in contract.notes if " answers 500: " in note and reason in note]
    assert ask(sandbox, "GET", "/b").answer.status == 200


def test_a_path_of_which_nothing_can_be_read_answers_500_to_every_method(ask: Ask) -> None:
    """Nobody knows which methods it has."""
    paths = {"/a": {"$ref": "#/gone"}, "/b": {"get": {}}}
    contract = Contract.of(document_of(paths))
    assert [ask(Sandbox(contract), method, "/a").answer.status for method in ("GET", "PUT")] == [500, 500]
    assert contract.notes == ["/a answers 500: urn:sandbox#/gone does not exist: correct the $ref that leads there"]


def test_a_schema_that_cannot_be_used_breaks_only_its_own_operation(ask: Ask) -> None:
    """Schemas are compiled when a request first needs them."""
    paths = {"/a": posting({"type": "file"}), "/b": posting({"$ref": "other.yaml#/X"}), "/c": posting(INTEGER)}
    sandbox = Sandbox(Contract.of(document_of(paths)))
    assert [ask(sandbox, "POST", path, 1).answer.status for path in ("/a", "/b", "/c")] == [500, 500, 201]


def test_operations_that_share_an_id_are_told_apart(ask: Ask) -> None:
    """The first keeps it, others go by method and path."""
    paths = {"/a": {"get": {"operationId": "x"}, "put": {"operationId": "x"}}}
    contract = Contract.of(document_of(paths))
    assert list(contract.operations) == ["x", "PUT /a"]
    assert ask(Sandbox(contract), "PUT", "/a").answer.status == 200
    assert contract.notes == ["PUT /a is called 'x', as another one is: it goes by 'PUT /a'"]


def test_of_operations_that_are_the_same_to_a_caller_the_one_that_takes_the_request_answers(ask: Ask) -> None:
    """They differ by what they take; where nobody takes it, the first says why. A fragment is never sent."""
    by_name = {name: [{"name": name, "in": "query", "required": True, "schema": INTEGER}] for name in ("a", "b")}
    paths = {
        "/x/{one}": {"get": {"operationId": "first", "parameters": by_name["a"]}},
        "/x/{two}": {"get": {"operationId": "second", "parameters": by_name["b"]}},
        "/y": {"put": {"operationId": "broken", "security": [{"gone": []}]}},
        "/y#{which}": {"put": {"operationId": "whole"}},
        "/z#1": posting(INTEGER),
        "/q?action=stop": {"get": {"operationId": "stop"}},
        "/q?action=go&to={to}": {"get": {"operationId": "go"}},
    }
    sandbox = Sandbox(Contract.of(document_of(paths)))
    assert b"first" in ask(sandbox, "GET", "/x/1?a=1").answer.body
    assert b"second" in ask(sandbox, "GET", "/x/1?b=1").answer.body
    assert b"#/query/a" in ask(sandbox, "GET", "/x/1").answer.body
    assert b"whole" in ask(sandbox, "PUT", "/y").answer.body
    assert ask(sandbox, "POST", "/z", 1).answer.status == 201
    assert b'"go"' in ask(sandbox, "GET", "/q?action=go&to=ulm").answer.body
    assert b'"stop"' in ask(sandbox, "GET", "/q?action=stop").answer.body
    assert ask(sandbox, "GET", "/q?action=fly").answer.status == 400


def test_methods_may_be_spread_over_templates_that_are_the_same(ask: Ask) -> None:
    """Each has its own names."""
    number = [{"name": "b", "in": "path", "schema": INTEGER}]
    paths = {"/{a}": {"get": {}}, "/{b}": {"put": {"parameters": number}}}
    sandbox = Sandbox(Contract.of(document_of(paths)))
    assert ask(sandbox, "GET", "/x").answer.status == 200
    assert [ask(sandbox, "PUT", path).answer.status for path in ("/1", "/x")] == [200, 422]


def test_references_lead_through_paths_operations_and_escapes(ask: Ask) -> None:
    """A path that is another one, an operation that is another one, tilde and percent in a pointer."""
    paths = {
        "/a/{id}": {"$ref": "#/components/pathItems/Item", "put": {"operationId": "own"}},
        "/b": {"get": {"$ref": "#/paths/~1a~1%7Bid%7D/put"}},
        "/c": posting({"$ref": "#/components/schemas/x~1y%20z"}),
        "/d": posting({"$ref": "#/components/schemas/Page<Item>"}),
    }
    item = {
        "parameters": [{"name": "id", "in": "path", "schema": INTEGER}],
        "get": {"operationId": "shared"},
        "put": {"operationId": "covered"},
    }
    components = {"pathItems": {"Item": item}, "schemas": {"x/y z": INTEGER, "Page<Item>": INTEGER}}
    sandbox = Sandbox(Contract.of(document_of(paths, components=components)))
    assert [ask(sandbox, "GET", f"/a/{value}").answer.status for value in ("17", "x")] == [200, 422]
    assert [ask(sandbox, "PUT", f"/a/{value}").answer.status for value in ("17", "x")] == [200, 422]
    assert b"own" in ask(sandbox, "PUT", "/a/17").answer.body
    assert ask(sandbox, "GET", "/b").answer.status == 200
    assert [ask(sandbox, "POST", path, body).answer.status for path in ("/c", "/d") for body in (1, "x")] == [
        201, 422, 201, 422,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "[a-"},
        {"type": "string", "pattern": "(?P<a>"},
        {"patternProperties": {"*": {"type": "integer"}}, "type": "string"},
    ],
)
def test_a_pattern_that_is_no_regular_expression_is_ignored_and_noted(ask: Ask, schema: dict[str, Any]) -> None:
    """The rest of its schema holds."""
    contract = Contract.of(document_of({"/a": posting(schema)}))
    sandbox = Sandbox(contract)
    assert [ask(sandbox, "POST", "/a", body).answer.status for body in (b'"x"', b"1")] == [201, 422]
    assert len(contract.notes) == 1
    assert "/paths/~1a/post" in contract.notes[0]
    assert "is no regular expression: ignored" in contract.notes[0]


@pytest.mark.parametrize(
    ("schemas", "reference"),
    [
        ({"X": {"$id": "https://example.com/x", **INTEGER}}, "https://example.com/x"),
        ({"X": {"$id": "https://example.com/x", **INTEGER}}, "#/components/schemas/X"),
        ({"X": {"$id": "https://example.com/x", "$defs": {"Y": INTEGER}, "$ref": "#/$defs/Y"}},
         "#/components/schemas/X"),
        ({"X": {"$id": "https://example.com/x", "$defs": {"Y": {"$anchor": "y", **INTEGER}}}}, "https://example.com/x#y"),
        ({"X": {"$id": "https://example.com/a/x", "$ref": "y"}, "Y": {"$id": "https://example.com/a/y", **INTEGER}},
         "https://example.com/a/x"),
        ({"X": {"$anchor": "x", **INTEGER}}, "#x"),
        ({"X": {"$dynamicAnchor": "x", **INTEGER}}, "#x"),
        ({"X": {"$defs": {"Y": INTEGER}}}, "#/components/schemas/X/$defs/Y"),
        ({"X": {"$id": "https://example.com/x", "$defs": {"Y": INTEGER}}}, "https://example.com/x#/$defs/Y"),
    ],
)  # fmt: skip
def test_schemas_go_by_the_names_that_they_give_themselves(ask: Ask, schemas: dict[str, Any], reference: str) -> None:
    """``$id``, ``$anchor`` and ``$defs`` of 3.1, for bodies and for the types of parameters."""
    schema = {"$ref": reference}
    paths = {"/a": posting(schema), "/b": {"get": {"parameters": [{"name": "v", "in": "query", "schema": schema}]}}}
    sandbox = Sandbox(Contract.of(document_of(paths, components={"schemas": schemas})))
    assert [ask(sandbox, "POST", "/a", body).answer.status for body in (b"17", b'"x"')] == [201, 422]
    assert [ask(sandbox, "GET", f"/b?v={value}").answer.status for value in ("17", "x")] == [200, 422]


def test_recursion_by_a_dynamic_reference_is_judged_to_the_bottom(ask: Ask) -> None:
    """A tree that refers to itself."""
    tree = {"$id": "urn:tree", "$dynamicAnchor": "node", "type": "object", "additionalProperties": False,
            "properties": {"kids": {"type": "array", "items": {"$dynamicRef": "#node"}}}}  # fmt: skip
    sandbox = Sandbox(Contract.of(document_of({"/a": posting(tree)})))
    assert ask(sandbox, "POST", "/a", {"kids": [{"kids": []}]}).answer.status == 201
    assert ask(sandbox, "POST", "/a", {"kids": [{"stray": 1}]}).answer.status == 422


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "format": "int32"}, 2**31 - 1, 2**31),
        ({"type": "integer", "format": "int32", "minimum": 1}, 1, 0),
        ({"type": "integer", "format": "int64"}, -(2**63), 2**63),
    ],
)
def test_int32_and_int64_are_ranges(ask: Ask, schema: dict[str, Any], good: int, bad: int) -> None:
    """OpenAPI's formats for numbers."""
    for version in ("3.0.3", "3.1.0"):
        sandbox = Sandbox(Contract.of(document_of({"/a": posting(schema)}, version)))
        assert ask(sandbox, "POST", "/a", good).answer.status == 201
        assert ask(sandbox, "POST", "/a", bad).answer.status == 422


@pytest.mark.parametrize(
    "schema",
    [
        {"nullable": True, "allOf": [INTEGER]},
        {"nullable": True, "oneOf": [INTEGER, {"type": "boolean"}]},
        {"nullable": True, "$ref": "#/components/schemas/N"},
        {"nullable": True, "type": "integer", "enum": [1, 2]},
        {"nullable": True, "not": {"type": "string"}, "anyOf": [INTEGER]},
    ],
)
def test_nullable_is_read_strictly_unless_told_otherwise(ask: Ask, schema: dict[str, Any]) -> None:
    """Many authors write it where OpenAPI 3.0.3 gives it no meaning."""
    contract = Contract.of(document_of({"/a": posting(schema)}, "3.0.3", components={"schemas": {"N": INTEGER}}))
    asked = [
        [ask(Sandbox(contract, behaviour), "POST", "/a", body).answer.status for body in (b"null", b"1", b'"x"')]
        for behaviour in (Behaviour(), Behaviour(nullable="lenient"))
    ]
    assert asked == [[422, 201, 422], [201, 201, 422]]


READ_ONLY = {"id": {"type": "string", "readOnly": True}, "name": {"type": "string"}}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": ["id"], "properties": READ_ONLY},
        {"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/components/schemas/Id"}}},
        {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "required": ["id"]}]},
        {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["id"]},
    ],
)
def test_what_is_read_only_is_never_required_and_refused_only_on_request(
    ask: Ask, version: str, schema: dict[str, Any]
) -> None:
    """By default one that is sent is ignored; ``read_only = "refuse"`` says where it stands."""
    schemas = {"Id": {"type": "string", "readOnly": True}, "Base": {"type": "object", "properties": READ_ONLY}}
    contract = Contract.of(document_of({"/a": posting(schema)}, version, components={"schemas": schemas}))
    refusing = Sandbox(contract, Behaviour(read_only="refuse"))
    for sandbox in (Sandbox(contract), refusing):
        assert ask(sandbox, "POST", "/a", {}).answer.status == 201
    assert ask(Sandbox(contract), "POST", "/a", {"id": "7"}).answer.status == 201
    answer = ask(refusing, "POST", "/a", {"id": "7"}).answer
    assert answer.status == 422
    assert b'"pointer":"#/body/id","detail":"is read-only: leave it out of requests"' in answer.body


def test_yaml_integers_beyond_64_bits_are_what_json_makes_of_them(tmp_path: Path) -> None:
    """A float; the document is not lost for it."""
    file = tmp_path / "a.yaml"
    file.write_text(f"a: {2**63}\nb: {10**20}\nc: {'9' * 400}\n")
    with pytest.raises(ContractError, match="beyond every number that JSON can say"):
        document.read(file)
    file.write_text(f"a: {2**63}\nb: {10**20}\nc: -{10**30}\n")
    assert document.read(file) == {"a": 2**63, "b": 1e20, "c": -1e30}
