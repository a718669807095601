"""The sandbox reads parameters as OpenAPI writes them."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from worker.sandbox import Contract, Sandbox
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

NUMBERS = {"type": "array", "items": {"type": "integer"}}
COLOUR = {"type": "object", "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}}, "required": ["R", "G"]}


def serving(path: str, *parameters: dict[str, Any], version: str = "3.1.0") -> Sandbox:
    """A sandbox with one GET operation that takes these parameters."""
    responses = {"200": {"description": "good"}}
    operation = {"operationId": "get", "parameters": list(parameters), "responses": responses}
    return Sandbox(Contract.of({"openapi": version, "info": {}, "paths": {path: {"get": operation}}}))


def parameter(where: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A parameter called ``v``."""
    return {"name": "v", "in": where, "schema": schema, **more}


@pytest.mark.parametrize(
    ("declared", "target", "status"),
    [
        (parameter("query", {"type": "integer"}), "/x?v=17", 200),
        (parameter("query", {"type": "integer"}), "/x?v=017", 422),
        (parameter("query", {"type": "integer"}), "/x?v=1e2", 422),
        (parameter("query", {"type": "integer"}), "/x?v=1_0", 422),
        (parameter("query", {"type": "number"}), "/x?v=-1.5e3", 200),
        (parameter("query", {"type": "number"}), "/x?v=Infinity", 422),
        (parameter("query", {"type": "boolean"}), "/x?v=true", 200),
        (parameter("query", {"type": "boolean"}), "/x?v=True", 422),
        (parameter("query", {"type": ["string", "integer"], "maxLength": 3}), "/x?v=12345", 200),
        (parameter("query", {"type": "string"}), "/x?v=12345", 200),
        (parameter("query", {"type": "string", "format": "date"}), "/x?v=2026-02-30", 422),
        (parameter("query", {"enum": [1, 2]}), "/x?v=2", 200),
        (parameter("query", {"const": "a b"}), "/x?v=a+b", 200),
        (parameter("query", {"const": "a+b"}), "/x?v=a%2Bb", 200),
        (parameter("query", NUMBERS), "/x?v=1&v=2", 200),
        (parameter("query", NUMBERS), "/x?v=1,2", 422),
        (parameter("query", NUMBERS, explode=False), "/x?v=1,2", 200),
        (parameter("query", NUMBERS, explode=False), "/x?v=1,x", 422),
        (parameter("query", NUMBERS, explode=False), "/x?v=1&v=2", 400),
        (parameter("query", NUMBERS, style="pipeDelimited", explode=False), "/x?v=1%7C2", 200),
        (parameter("query", NUMBERS, style="spaceDelimited", explode=False), "/x?v=1%202", 200),
        (parameter("query", COLOUR), "/x?R=1&G=2", 200),
        (parameter("query", COLOUR), "/x?R=1", 422),
        (parameter("query", COLOUR, explode=False), "/x?v=R,1,G,2", 200),
        (parameter("query", COLOUR, explode=False), "/x?v=R,1,G", 400),
        (parameter("query", COLOUR, style="deepObject"), "/x?v[R]=1&v%5BG%5D=2", 200),
        (parameter("query", COLOUR, style="deepObject"), "/x?v[R]=1&v[G]=x", 422),
        (parameter("query", {"type": "string"}), "/x?v=1&v=2", 400),
        (parameter("query", {"type": "string"}), "/x?v=%zz", 400),
        (parameter("query", {"type": "string"}), "/x?v=%FF", 400),
        (parameter("query", {"type": "string"}), "/x?w=1", 400),
        (parameter("query", {"type": "string"}, required=True), "/x", 400),
        (parameter("query", {"type": "string"}), "/x", 200),
        ({"name": "v", "in": "query", "content": {"application/json": {"schema": COLOUR}}}, "/x?v={%22R%22:1}", 422),
        ({"name": "v", "in": "query", "content": {"application/json": {"schema": COLOUR}}}, "/x?v={", 400),
        ({"name": "v", "in": "query", "content": {"application/json": {"schema": {}}}}, "/x?v=[1]", 200),
    ],
)
def test_a_query_parameter_is_read_by_style_and_judged_by_schema(
    ask: Ask, declared: dict[str, Any], target: str, status: int
) -> None:
    """Each style and type: what fits, what does not, what cannot be read."""
    assert ask(serving("/x", declared), "GET", target).answer.status == status


@pytest.mark.parametrize(
    ("declared", "target", "status"),
    [
        (parameter("path", {"type": "string", "minLength": 3}), "/x/a%2Fb", 200),
        (parameter("path", {"type": "string", "minLength": 3}), "/x/a+", 422),
        (parameter("path", {"type": "integer"}), "/x/a", 422),
        (parameter("path", NUMBERS), "/x/1,2", 200),
        (parameter("path", COLOUR), "/x/R,1,G,2", 200),
        (parameter("path", COLOUR, explode=True), "/x/R=1,G=2", 200),
        (parameter("path", NUMBERS, style="label"), "/x/.1,2", 200),
        (parameter("path", NUMBERS, style="label", explode=True), "/x/.1.2", 200),
        (parameter("path", NUMBERS, style="label"), "/x/1,2", 400),
        (parameter("path", NUMBERS, style="matrix"), "/x/;v=1,2", 200),
        (parameter("path", NUMBERS, style="matrix", explode=True), "/x/;v=1;v=2", 200),
        (parameter("path", COLOUR, style="matrix", explode=True), "/x/;R=1;G=2", 200),
        (parameter("path", {"type": "string"}), "/x/%C3", 400),
        (parameter("path", {"type": "string"}), "/x/", 404),
    ],
)
def test_a_path_parameter_is_read_by_style_and_judged_by_schema(
    ask: Ask, declared: dict[str, Any], target: str, status: int
) -> None:
    """Simple, label and matrix; a slash inside a value is escaped."""
    assert ask(serving("/x/{v}", declared), "GET", target).answer.status == status


@pytest.mark.parametrize(
    ("schema", "value", "status"),
    [
        ({"enum": ["web", "phone"]}, "web", 200),
        ({"enum": ["web", "phone"]}, "fax", 422),
        (NUMBERS, "1, 2", 200),
        ({"const": "a%20b"}, "a%20b", 200),
    ],
)
def test_a_header_parameter_means_its_text(ask: Ask, schema: dict[str, Any], value: str, status: int) -> None:
    """Names without case, lists by comma, no percent-decoding."""
    declared = {"name": "X-Channel", "in": "header", "schema": schema}
    assert ask(serving("/x", declared), "GET", "/x", headers={"x-channel": value}).answer.status == status


def test_headers_that_belong_to_http_are_no_parameters(ask: Ask) -> None:
    """Accept, Content-Type and Authorization are ignored, even as required parameters."""
    declared = {"name": "Accept", "in": "header", "required": True, "schema": {"const": "never"}}
    assert ask(serving("/x", declared), "GET", "/x").answer.status == 200


def test_every_fault_is_listed_with_its_pointer(ask: Ask) -> None:
    """What cannot be read and what is not allowed stand in one list; the former decides on 400."""
    number = {"name": "n", "in": "query", "schema": {"type": "integer"}}
    needed = {"name": "X-Need", "in": "header", "required": True, "schema": {"type": "string"}}
    answer = ask(serving("/x", number, needed), "GET", "/x?n=x&stray=1").answer
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sorted(error["pointer"] for error in orjson.loads(answer.body)["errors"]) == [
        "#/header/x-need",
        "#/query/n",
        "#/query/stray",
    ]


def test_a_parameter_of_the_operation_replaces_that_of_its_path(ask: Ask) -> None:
    """Same name, same place: the nearer one counts."""
    path = {
        "parameters": [parameter("query", {"type": "integer"})],
        "get": {"parameters": [parameter("query", {"type": "string"})], "responses": {}},
    }
    sandbox = Sandbox(Contract.of({"openapi": "3.1.0", "paths": {"/x": path}}))
    assert ask(sandbox, "GET", "/x?v=text").answer.status == 200
