"""The sandbox reads contracts: documents in JSON and YAML, and declared operations."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

import worker.sandbox
from worker.errors import ContractError
from worker.sandbox import Contract, Declared, Sandbox, document
from worker.sandbox.routes import Found
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]


def paths(**operations: list[str]) -> Contract:
    """A contract with these paths and methods; ``a_b`` stands for ``/a/b``, and ``X`` for ``{x}``."""
    listed: dict[str, Any] = {
        "/" + path.replace("_", "/").replace("X", "{x}"): {method: {"responses": {}} for method in methods}
        for path, methods in operations.items()
    }
    return Contract.of({"openapi": "3.0.3", "paths": listed})


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/users/me", 200),
        ("GET", "/users/17", 200),
        ("DELETE", "/users/me", 405),
        ("DELETE", "/users/17", 200),
        ("GET", "/users/me/posts", 200),
        ("GET", "/users/17/posts", 200),
        ("GET", "/users", 404),
        ("GET", "/users//posts", 404),
        ("GET", "/users/17/", 404),
        ("GET", "/%75sers/me", 200),
        ("POST", "/users/17", 405),
    ],
)
def test_concrete_paths_win_over_templated_ones(ask: Ask, method: str, target: str, status: int) -> None:
    """And where a concrete branch ends, the templated one is tried; a wrong method is 405 with Allow."""
    sandbox = Sandbox(paths(users_me=["get"], users_X=["get", "delete"], users_X_posts=["get"]))
    answer = ask(sandbox, method, target).answer
    assert answer.status == status
    assert ("Allow" in answer.headers) == (status == 405)


def test_a_segment_may_be_partly_templated(ask: Ask) -> None:
    """``/compare/{base}...{head}`` and ``/report.{format}``."""
    listed = {"/compare/{base}...{head}": {"get": {"operationId": "compare", "responses": {}}}}
    contract = Contract.of({"openapi": "3.1.0", "paths": listed})
    found = contract.routes.find("GET", "/compare/v1...v2")
    assert isinstance(found, Found)
    assert found.path == {"base": "v1", "head": "v2"}
    assert ask(Sandbox(contract), "GET", "/compare/v1..v2").answer.status == 404
    report = Contract.of({"openapi": "3.1.0", "paths": {"/{name}.{format}": {"get": {}}}})
    found = report.routes.find("GET", "/v1.2.json")
    assert isinstance(found, Found)
    assert found.path == {"name": "v1.2", "format": "json"}


@pytest.mark.parametrize(
    "target", ["/tags/a%40keys", "/tags/a@keys", "/tags/a%40k%65ys", "/%C3%A4:1", "/%c3%a4%3A1", "/\u00e4:1"]
)
def test_what_is_fixed_in_a_template_may_be_percent_encoded(target: str) -> None:
    """Clients differ in what they escape."""
    listed: dict[str, Any] = {"/tags/{tag}@keys": {"get": {}}, "/\u00e4:{n}": {"get": {}}}
    contract = Contract.of({"openapi": "3.1.0", "paths": listed})
    assert isinstance(contract.routes.find("GET", target), Found) == ("%65" not in target)


def test_a_prefix_stands_before_every_path(ask: Ask) -> None:
    """Without it, nothing is there."""
    sandbox = Sandbox(paths(a=["get"]), prefix="/v2/")
    assert ask(sandbox, "GET", "/v2/a").answer.status == 200
    assert ask(sandbox, "GET", "/a").answer.status == 404
    assert ask(sandbox, "GET", "/v2a").answer.status == 404


def test_yaml_means_json(tmp_path: Path) -> None:
    """Dates, NO, octal and sexagesimal numbers stay what JSON would have."""
    file = tmp_path / "a.yaml"
    file.write_text(
        "a: 2026-12-01\nb: NO\nc: 017\nd: 12:30\ne: 1e3\nf: null\ng: true\n200: x\nh: &h {i: 1}\nj: {<<: *h}\n"
    )
    assert document.read(file) == {
        "a": "2026-12-01", "b": "NO", "c": 17, "d": "12:30", "e": 1000.0, "f": None, "g": True, "200": "x",
        "h": {"i": 1}, "j": {"i": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.yaml", "a: [", "is neither JSON nor YAML"),
        ("a.yaml", "- a", "holds no object"),
        ("a.yaml", "a: !!python/object:os.system {}", "is neither JSON nor YAML"),
        ("a.yaml", "swagger: '2.0'", "#/openapi is None"),
        ("a.yaml", "openapi: 3.2.0", "#/openapi is '3.2.0'"),
        ("a.yaml", "openapi: 3.1.0\njsonSchemaDialect: http://json-schema.org/draft-07/schema#", "jsonSchemaDialect"),
        ("a.yaml", "openapi: 3.1.0", "has no operations"),
        ("a.yaml", "openapi: 3.1.0\npaths: {/a: {$ref: 'other.yaml'}}", "bundle the contract into one file"),
        ("a.yaml", "openapi: 3.1.0\npaths: {/a: {$ref: '#/paths/~1a'}}", "circle of $ref"),
        ("a.yaml", "openapi: 3.1.0\npaths: {/a: {$ref: '#/gone'}}", "urn:sandbox#/gone does not exist"),
        ("a.yaml", "openapi: 3.1.0\npaths: {/a: {get: {parameters: [{name: a}]}}}", "has no usable `name` and `in`"),
        ("a.yaml", "openapi: 3.1.0\npaths: {/a: {get: {security: [{t: []}]}}}", "security scheme 't'"),
        ("a.yaml", "openapi: 3.1.0\npaths: {/a: {get: {responses: [1]}}}", "#/paths/~1a/get/responses is no object"),
        (
            "a.yaml",
            "openapi: 3.1.0\npaths: {/a: {get: {parameters: [{name: a, in: header, style: form, schema: {}}]}}}",
            "has the style 'form': in the header it is simple",
        ),
    ],
)
def test_a_contract_that_cannot_be_served_is_one_clear_error(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    """It begins with the file and names the place."""
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(ContractError) as caught:
        Contract.read(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)


def test_a_contract_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(ContractError, match="No such file or directory"):
        Contract.read(tmp_path / "gone.yaml")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"content": {"application/json": {"example": {"a": 1}}}}, {"a": 1}),
        ({"content": {"application/json": {"examples": {"b": {"value": [2]}}}}}, [2]),
        ({"content": {"application/json": {"schema": {"example": 3}}}}, 3),
        ({"content": {"application/json": {"examples": {"c": {"$ref": "#/components/examples/C"}}}}}, {"c": 4}),
        ({}, {"id": "1", "operation": "get", "received": True}),
    ],
)
def test_a_good_answer_is_the_contracts_own_example(ask: Ask, response: dict[str, Any], expected: Any) -> None:
    """And a small echo where it has none."""
    root = {
        "openapi": "3.1.0",
        "components": {"examples": {"C": {"value": {"c": 4}}}},
        "paths": {"/a": {"get": {"operationId": "get", "responses": {"404": {}, "203": response, "200": {}}}}},
    }
    answer = ask(Sandbox(Contract.of(root)), "GET", "/a").answer
    assert answer.status == 203
    assert orjson.loads(answer.body) == expected


def test_a_204_has_no_body(ask: Ask) -> None:
    """HTTP says so."""
    root = {"openapi": "3.1.0", "paths": {"/a": {"delete": {"responses": {"204": {"description": "gone"}}}}}}
    answer = ask(Sandbox(Contract.of(root)), "DELETE", "/a").answer
    assert (answer.status, answer.body) == (204, b"")


def test_declared_operations_are_served_like_a_documents(ask: Ask) -> None:
    """Parameters by the template or by name, references inside each schema, each with its own draft."""
    sandbox = Sandbox(
        Contract.declare(
            [
                Declared(
                    "create",
                    "post",
                    "/shops/{shop}/orders",
                    params={
                        "properties": {
                            "shop": {"$ref": "#/$defs/name"},
                            "dry_run": {"type": "boolean"},
                            "header.X-Channel": {"enum": ["web"]},
                        },
                        "required": ["dry_run"],
                        "$defs": {"name": {"type": "string", "minLength": 3}},
                    },
                    body={
                        "$schema": "http://json-schema.org/draft-04/schema#",
                        "properties": {"qty": {"$ref": "#/definitions/qty"}},
                        "definitions": {"qty": {"minimum": 0, "exclusiveMinimum": True}},
                    },
                    success=(202, 200),
                    security={"type": "http", "scheme": "bearer"},
                ),
                Declared("list", "GET", "/shops/{shop}/orders"),
            ]
        )
    )
    good = "/shops/ulm/orders?dry_run=true"
    assert ask(sandbox, "POST", good, {"qty": 1}).answer.status == 202
    assert ask(sandbox, "POST", good, {"qty": 0}).answer.status == 422
    assert ask(sandbox, "POST", good, {"qty": 1}, {"X-Channel": "fax"}).answer.status == 422
    assert ask(sandbox, "POST", "/shops/ul/orders?dry_run=true", {"qty": 1}).answer.status == 422
    assert ask(sandbox, "POST", "/shops/ulm/orders", {"qty": 1}).answer.status == 400
    assert ask(sandbox, "POST", good, {"qty": 1}, {"authorization": ""}).answer.status == 401
    assert ask(sandbox, "GET", "/shops/ulm/orders").answer.status == 200


def test_a_callers_document_is_not_changed() -> None:
    """What OpenAPI adds to JSON Schema is rewritten in a copy."""
    schema = {"type": "string", "nullable": True}
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    Contract.of({"openapi": "3.0.0", "paths": {"/a": {"post": operation}}})
    assert schema == {"type": "string", "nullable": True}


def test_the_sandbox_imports_nothing_of_what_it_judges() -> None:
    """Of ours it knows errors, clock, shipped files and, for its type, the Clock port; and no HTTP client."""
    allowed = {"worker", "worker.errors", "worker.clock", "worker.resources", "worker.ports"}
    sources = list(Path(worker.sandbox.__file__).parent.glob("*.py"))
    assert len(sources) > 30
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith(("worker", "aiohttp")) for alias in node.names), source
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                own = module.startswith("worker") and not module.startswith("worker.sandbox")
                assert not own or module in allowed, (source, module)
                if module == "worker.ports":
                    assert [alias.name for alias in node.names] == ["Clock"], source
                if module == "worker":
                    assert {alias.name for alias in node.names} <= {"resources"}, source
                if module.startswith("aiohttp"):
                    assert (module, [alias.name for alias in node.names]) == ("aiohttp", ["web"]), source
