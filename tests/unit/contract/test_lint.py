import json
from pathlib import Path
from typing import Any

import pytest

from worker import resources
from worker.contract.lint import lint
from worker.errors import ContractError

DOCUMENT = """
openapi: 3.1.0
paths:
  /good: {get: {operationId: good, responses: {"2XX": {description: ok}}}}
  /nameless: {get: {responses: {"200": {description: ok}}}}
  /hopeful: {get: {operationId: hopeful, responses: {default: {description: ok}}}}
  /silent: {get: {operationId: silent}}
  /upload:
    put:
      operationId: upload
      requestBody: {required: true, content: {application/xml: {schema: {type: object}}}}
      responses: {"200": {description: ok}}
  /illegal:
    put:
      operationId: illegal
      requestBody: {content: {application/json: {schema: {type: text}}}}
      responses: {"200": {description: ok}}
  /elsewhere:
    put:
      operationId: elsewhere
      requestBody: {content: {application/json: {schema: {$ref: "file:///etc/passwd"}}}}
      responses: {"200": {description: ok}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A document with one of everything that can be found."""
    path = tmp_path / "api.yaml"
    path.write_text(DOCUMENT)
    return path


def test_what_is_wrong_is_found_per_operation(file: Path) -> None:
    """What cannot be used apart from what will only hurt, with place and remedy."""
    report = lint(file)
    assert report.operations == 7
    assert [(one.operation, one.unusable) for one in report.findings] == [
        ("", False),
        ("", False),
        ("GET /nameless", False),
        ("hopeful", False),
        ("silent", False),
        ("upload", False),
        ("elsewhere", True),
    ]
    assert report.unusable == 1
    assert [one.pointer for one in report.findings][:3] == [
        "#/paths/~1elsewhere/put/requestBody/content/application~1json/schema",
        "#/paths/~1illegal/put/requestBody/content/application~1json/schema",
        "#/paths/~1nameless/get",
    ]
    assert "file:///etc/passwd" in report.findings[0].detail
    assert 'type "text" is set aside' in report.findings[1].detail
    assert "application/xml" in report.findings[5].detail
    assert "file:///etc/passwd" in report.findings[6].detail
    assert all(one.hint for one in report.findings)


def test_a_good_document_has_no_findings() -> None:
    """Ours."""
    report = lint(resources.path("schemas/demo.openapi.yaml"))
    assert (report.operations, report.findings) == (5, ())


def test_a_document_that_cannot_be_read_as_a_whole_is_one_finding(tmp_path: Path) -> None:
    """Its message says where."""
    path = tmp_path / "api.json"
    path.write_text('{"swagger": "2.0"}')
    report = lint(path)
    assert (report.operations, report.unusable) == (0, 1)
    assert "Swagger 2.0" in report.findings[0].detail


def test_a_file_that_is_no_document_is_a_mistake_on_the_command_line(tmp_path: Path) -> None:
    """Exit code 2, as for every file that cannot be read."""
    with pytest.raises(ContractError, match="cannot be read"):
        lint(tmp_path / "gone.yaml")


@pytest.mark.parametrize(
    ("paths", "pointer", "words"),
    [
        ({"/a": {"get": {"parameters": {}}}}, "#/paths/~1a/get/parameters", "not a list"),
        ({"/a": {"get": {"requestBody": []}}}, "#/paths/~1a/get/requestBody", "not an object"),
        ([], "#/paths", "not an object"),
    ],
)
def test_what_has_the_wrong_shape_is_told(tmp_path: Path, paths: Any, pointer: str, words: str) -> None:
    """It says nothing, and somebody meant something."""
    path = tmp_path / "api.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "paths": paths}))
    assert [one.pointer for one in lint(path).findings if words in one.detail] == [pointer]


def test_members_that_stand_twice_are_told(tmp_path: Path) -> None:
    """Of JSON the last is read; YAML that repeats itself is broken."""
    path = tmp_path / "api.json"
    path.write_text('{"openapi": "3.1.0", "paths": {"/a": {}, "/a": {}}}')
    assert ["'/a' stands twice" in one.detail for one in lint(path).findings] == [True]
    path = tmp_path / "api.yaml"
    path.write_text("openapi: 3.1.0\npaths: {}\npaths: {}")
    with pytest.raises(ContractError, match="stands twice in one object \\(line 3\\)"):
        lint(path)


def test_a_circle_of_references_is_told(tmp_path: Path) -> None:
    """It asks for nothing."""
    circle = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    path = tmp_path / "api.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "paths": {}, "components": {"schemas": circle}}))
    assert any("leads back to itself" in one.detail for one in lint(path).findings)
