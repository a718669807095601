import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from worker import resources
from worker.cli.contract import command
from worker.contract.contract import from_document
from worker.errors import ContractError, UsageError
from worker.stages.validate import Checked, check

DEMO = resources.path("schemas/demo.openapi.yaml")
DECLARED = (
    '[apis.{name}]\nbase_url = "https://{name}.example/v1"\n'
    '[apis.{name}.operations.{operation}]\nmethod = "GET"\npath = "/x"\n'
)

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``preflight contract`` with a config of three APIs: the demo shop, and two that share an operation."""
    config = tmp_path / "preflight.toml"
    shop = f'[apis.shop]\nbase_url = "https://shop.example/v2"\ncontract = "{DEMO}"\n'
    others = DECLARED.format(name="one", operation="ping") + DECLARED.format(name="two", operation="ping")
    config.write_text(shop + others)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, obj={"config": config, "log_level": None})

    return call


def listed(result: Result) -> list[dict[str, Any]]:
    """The objects on stdout."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_operation_of_every_api_is_listed(run: Run) -> None:
    """With what it takes."""
    found = listed(run("list", "--json"))
    assert [(one["api"], one["name"]) for one in found][-3:] == [
        ("shop", "createReport"),
        ("one", "ping"),
        ("two", "ping"),
    ]
    assert found[1] == {
        "api": "shop",
        "name": "createOrder",
        "method": "POST",
        "path": "/shops/{shop}/orders",
        "params": 4,
        "body": True,
        "summary": "Places an order.",
        "unusable": None,
    }


def test_a_list_for_people_is_aligned(run: Run) -> None:
    """One operation a line, under a header."""
    header, *lines = run("list", "--api", "shop").stdout.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("shop") for line in lines)
    assert lines[1].index("POST") == header.index("method")


def test_a_document_needs_no_config(tmp_path: Path) -> None:
    """Neither for the list nor for one operation."""
    for arguments in (["list", "--json"], ["show", "createOrder", "--json"]):
        context = {"config": tmp_path / "gone.toml", "log_level": None}
        result = CliRunner().invoke(command, [*arguments, "--contract", str(DEMO)], obj=context)
        assert result.exit_code == 0, result.exception
        assert listed(result)[0]["api"] == ""


def test_an_operation_is_shown_with_all_that_it_takes(run: Run) -> None:
    """URL, parameters, the body as a tree, and a job."""
    lines = run("show", "createOrder").stdout.splitlines()
    assert lines[0] == "POST https://shop.example/v2/shops/{shop}/orders"
    assert "  shop* (path): string, pattern ^[a-z]{3,20}$ - The shop's name, in lower case." in lines
    assert "  qty*: integer, >= 1, <= 100 - How many pieces." in lines
    assert json.loads(lines[-1])["operation"] == "createOrder"


def test_the_example_is_a_job_that_passes(run: Run) -> None:
    """Of every operation of the demo shop, as ``check`` would say."""
    contract = from_document(DEMO)
    for name in contract.operations:
        shown = listed(run("show", name, "--json"))[0]
        job = shown["example"]
        assert isinstance(check(job, contract), Checked)
        assert (job["api"], job["operation"]) == ("shop", name)


def test_the_json_of_an_operation_has_its_parts(run: Run) -> None:
    """Parameters by their names in a job, the body's tree line by line."""
    shown = listed(run("show", "createOrder", "--json"))[0]
    assert shown["url"] == "https://shop.example/v2/shops/{shop}/orders"
    assert shown["params"][0] == {
        "name": "shop",
        "in": "path",
        "required": True,
        "type": "string, pattern ^[a-z]{3,20}$",
        "description": "The shop's name, in lower case.",
    }
    assert (shown["body"]["required"], shown["body"]["type"]) == (True, "application/json")
    assert shown["body"]["outline"][0] == "body*: object, no other names - What is to be ordered."


UPLOAD = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
security: [{key: []}, {login: [], token: []}]
paths:
  /pets/{id}:
    put:
      operationId: putPet
      deprecated: true
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: by, in: query, deprecated: true, schema: {type: array, items: {type: string}}, description: "Who."}
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [photo, name, serial]
              properties:
                photo: {type: string, format: binary}
                name: {type: string, writeOnly: true}
                serial: {type: integer, readOnly: true}
                tags: {type: array, items: {type: string}}
            encoding: {photo: {contentType: image/png}, tags: {style: form, explode: true}}
          image/png: {schema: {type: string, format: binary}}
          text/plain: {schema: {type: string, maxLength: 3}}
      responses: {"204": {description: done}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    login: {type: http, scheme: basic}
    token: {type: http, scheme: bearer}
"""


def test_all_that_an_upload_takes_is_told(run: Run, tmp_path: Path) -> None:
    """Credentials, each media type with its tree, how members are written, how files are named."""
    file = tmp_path / "pets.yaml"
    file.write_text(UPLOAD)
    *lines, job = run("show", "putPet", "--contract", str(file)).stdout.splitlines()
    assert lines == [
        "PUT /pets/{id}",
        "deprecated: it still works, but use something else for what is new",
        "credential: key (header X-Key), or login (basic) and token (bearer)",
        "success: 204",
        "params:",
        "  id* (path): integer",
        "  by (query): array of string, deprecated - Who.",
        "body* (multipart/form-data): object",
        "  photo*: string, format binary",
        "  name*: string, write-only",
        "  serial: read-only, leave it out",
        "  tags: array of string",
        "  photo is sent as image/png",
        "  tags is sent as style form, exploded",
        '  a file is written {"$file": "its path"} or {"$base64": "its bytes"}',
        "body* (text/plain): string, at most 3 characters",
        "body* (image/png): string, format binary",
        '  a file is written {"$file": "its path"} or {"$base64": "its bytes"}',
        "example:",
    ]
    assert json.loads(job)["body"] == {"photo": {"$base64": "aGVsbG8="}, "name": "name"}
    shown = listed(run("show", "putPet", "--contract", str(file), "--json"))[0]
    assert [one["type"] for one in shown["body"]["others"]] == ["text/plain", "image/png"]
    assert shown["security"] == [["key (header X-Key)"], ["login (basic)", "token (bearer)"]]


def test_an_unknown_operation_is_met_with_a_guess(run: Run) -> None:
    """Exit code 2."""
    result = run("show", "createOrdr")
    assert isinstance(result.exception, UsageError)
    assert "did you mean 'createOrder'?" in str(result.exception)


def test_an_operation_of_two_apis_needs_to_be_told_apart(run: Run) -> None:
    """Both are named."""
    result = run("show", "ping")
    assert isinstance(result.exception, UsageError)
    assert "one, two" in str(result.exception)
    assert run("show", "ping", "--api", "two").stdout.startswith("GET https://two.example/v1/x")


def test_an_unknown_api_is_met_with_a_guess(run: Run) -> None:
    """As an operation is."""
    result = run("list", "--api", "shp")
    assert isinstance(result.exception, UsageError)
    assert "did you mean 'shop'?" in str(result.exception)


def test_lint_passes_a_good_document(run: Run) -> None:
    """Nothing on stdout, the count on stderr."""
    result = run("lint", str(DEMO))
    assert (result.stdout, result.exit_code) == ("", 0)
    assert "5 operations" in result.stderr


def test_lint_lists_what_cannot_be_used(run: Run, tmp_path: Path) -> None:
    """And ends with 1; what will only hurt leaves the exit code at 0."""
    file = tmp_path / "api.json"
    put = {"operationId": "upload", "responses": {"200": {}}}
    document: dict[str, Any] = {"openapi": "3.1.0", "paths": {"x": {"put": put}}}
    file.write_bytes(orjson.dumps(document))
    result = run("lint", str(file))
    assert result.stdout.startswith("upload (#/paths/x/put): cannot be used: ")
    assert result.exit_code == 1
    document["paths"] = {"/x": {"get": {"operationId": "silent"}}}
    file.write_bytes(orjson.dumps(document))
    result = run("lint", str(file), "--json")
    assert listed(result)[0]["operation"] == "silent"
    assert result.exit_code == 0


def test_lint_of_no_document_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    """The file is named."""
    result = run("lint", str(tmp_path / "gone.yaml"))
    assert isinstance(result.exception, ContractError)
    assert str(result.exception).endswith("gone.yaml: cannot be read (No such file or directory); check the path")
