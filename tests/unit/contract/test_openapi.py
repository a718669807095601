from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.contract.conftest import Compile, Complain, Describe, ReadDocument, ReadOperation
from worker.contract.cache import CodeCache
from worker.contract.contract import from_document
from worker.contract.media import sent_as
from worker.contract.openapi import DEFAULT, Habits
from worker.job import UNSET

JSON = "application/json"


def _body(schema: Any, *, required: bool = True) -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {JSON: {"schema": schema}}}}


@pytest.mark.parametrize(("version", "dialect"), [("3.0.0", "draft4"), ("3.0.4", "draft4"), ("3.1.1", "2020-12")])
def test_each_version_has_its_dialect(describe: Describe, read: ReadDocument, version: str, dialect: str) -> None:
    """3.0 is Draft 4 with nullable; 3.1 is 2020-12."""
    found = read(describe(version))
    assert (found.dialect, found.title) == (dialect, "Things")


def test_a_dialect_of_its_own_is_honoured_or_refused(
    describe: Describe, read: ReadDocument, complain: Complain
) -> None:
    """What we cannot check as its author meant is not checked as something else."""
    draft7 = "http://json-schema.org/draft-07/schema#"
    own = "https://spec.openapis.org/oas/3.1/dialect/base"
    assert read(describe(jsonSchemaDialect=draft7)).dialect == "draft7"
    assert read(describe(jsonSchemaDialect=own)).dialect == "2020-12"
    assert "urn:mine" in complain(describe(jsonSchemaDialect="urn:mine"))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"swagger": "2.0"}, "Swagger 2.0"),
        ({"openapi": "4.0.0"}, "'4.0.0'"),
        ({"openapi": 3.1}, "3.1"),
        ({}, "None"),
        ([], "None"),
        ("text", "None"),
        (None, "None"),
    ],
)
def test_what_is_no_openapi_3_document_is_one_clear_sentence(complain: Complain, document: Any, words: str) -> None:
    """With what it seems to be, on one line."""
    message = complain(document)
    assert words in message
    assert "\n" not in message


def test_a_schema_for_editors_at_the_root_says_nothing_about_schemas(describe: Describe, compiled: Compile) -> None:
    """``$schema`` of an OpenAPI document names what describes the document."""
    document = describe(**{"$schema": "https://spec.openapis.org/oas/3.1/schema/2022-10-07"})
    assert compiled(document).endpoint("op") is not None


def test_an_operation_without_a_name_is_called_by_method_and_path(describe: Describe, read: ReadDocument) -> None:
    """Every operation can be called by something."""
    document = describe(operation={"operationId": ""})
    assert list(read(document).operations) == ["POST /things/{id}"]


def test_the_second_operation_of_one_name_is_called_by_method_and_path(describe: Describe, read: ReadDocument) -> None:
    """A job could not say which is meant; the first keeps the name, and the other is noted."""
    found = read(describe(item={"put": {"operationId": "op"}})).operations
    assert list(found) == ["op", "POST /things/{id}"]
    (note,) = found["POST /things/{id}"].notes
    assert note.at.endswith("#/paths/~1things~1%7Bid%7D/post")
    assert "'op'" in note.detail


def test_a_name_that_is_no_text_is_noted(describe: Describe, read: ReadDocument) -> None:
    """YAML makes numbers of some names."""
    found = read(describe(operation={"operationId": 12})).operations
    assert "12 is no text" in found["POST /things/{id}"].notes[0].detail


def test_extensions_beside_paths_are_no_paths(describe: Describe, read: ReadDocument) -> None:
    """``x-`` is anybody's."""
    document = describe()
    document["paths"]["x-internal"] = {"get": {"operationId": "secret"}}
    assert list(read(document).operations) == ["op"]


@pytest.mark.parametrize("path", ["things", "@evil.example/things", ":8080/things", "http://evil.example/"])
def test_a_path_without_its_slash_cannot_change_the_host(describe: Describe, complain: Complain, path: str) -> None:
    """It is written behind the base URL."""
    assert "starts with a slash" in complain(describe(path=path))


def test_a_path_item_behind_a_reference_is_read(describe: Describe, read: ReadDocument) -> None:
    """With its own parameters and those of its path."""
    shared = {"parameters": [{"name": "q", "in": "query"}], "get": {"operationId": "other"}}
    document = describe(components={"pathItems": {"Shared": shared}})
    document["paths"]["/shared"] = {"$ref": "#/components/pathItems/Shared"}
    found = read(document).operations
    assert found["other"].path == "/shared"
    assert list(found["other"].by_flat) == ["q"]


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "http://127.0.0.1:1/x", "other.yaml#/a", "#/nowhere", "#anchor"]
)
@pytest.mark.parametrize("place", ["parameters", "requestBody", "path", "schema"])
def test_no_reference_leaves_the_document(describe: Describe, compiled: Compile, target: str, place: str) -> None:
    """Files, addresses and dead ends alike, wherever a reference may stand."""
    reference = {"$ref": target}
    operation: Any = {
        "parameters": {"parameters": [reference]},
        "requestBody": {"requestBody": reference},
        "schema": _body({"properties": {"a": reference}}),
    }.get(place)
    document = describe(operation=operation)
    if place == "path":
        document["paths"]["/other"] = reference
    contract = compiled(document)
    endpoint = contract.endpoint("op")
    assert endpoint is not None
    told = [endpoint.operation.unusable or "", *(note.detail for note in contract.notes)]
    assert any(target.lstrip("#/") in one for one in told)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://127.0.0.1:1/x", "other.yaml#/a"])
def test_a_schema_out_of_reach_makes_its_operation_unusable(describe: Describe, compiled: Compile, target: str) -> None:
    """What cannot be read may say anything; nothing is passed for want of it."""
    endpoint = compiled(describe(operation=_body({"properties": {"a": {"$ref": target}}}))).endpoint("op")
    assert endpoint is not None
    assert target.partition("#")[0] in (endpoint.operation.unusable or "")


def test_a_schema_that_is_not_there_is_set_aside_and_noted(describe: Describe, compiled: Compile) -> None:
    """All else of the operation is held."""
    schema = {"properties": {"a": {"$ref": "#/components/schemas/Gone"}, "b": {"type": "integer"}}}
    contract = compiled(describe(operation=_body(schema)))
    endpoint = contract.endpoint("op")
    assert endpoint is not None
    assert not endpoint.faults({"id": "1"}, {"a": [1], "b": 2})
    assert [one.pointer for one in endpoint.faults({"id": "1"}, {"a": [1], "b": "two"})] == ["#/body/b"]
    (note,) = contract.notes
    assert note.at.endswith("/application~1json/schema/properties/a")


def test_a_broken_reference_is_told_with_the_place_that_has_it(describe: Describe, complain: Complain) -> None:
    """Documents are long."""
    message = complain(describe(operation={"requestBody": {"$ref": "#/nowhere"}}))
    assert message.startswith("#/paths/~1things~1%7Bid%7D/post/requestBody: ")


def test_a_reference_that_leads_back_to_itself_is_refused(describe: Describe, complain: Complain) -> None:
    """Instead of being followed for ever."""
    bodies = {"A": {"$ref": "#/components/requestBodies/B"}, "B": {"$ref": "#/components/requestBodies/A"}}
    operation = {"requestBody": {"$ref": "#/components/requestBodies/A"}}
    assert "leads back" in complain(describe(operation=operation, components={"requestBodies": bodies}))


def test_references_with_escapes_are_followed(describe: Describe, compiled: Compile) -> None:
    """``~1`` is a slash and ``%7B`` a brace."""
    at = "#/paths/~1things~1%7Bid%7D/put/requestBody/content/application~1json/schema"
    put = {"operationId": "put", **_body({"type": "integer"})}
    contract = compiled(describe(operation=_body({"$ref": at}), item={"put": put}))
    endpoint = contract.endpoint("op")
    assert endpoint is not None
    assert not endpoint.faults({"id": "1"}, 5)
    assert endpoint.faults({"id": "1"}, "five")


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_parameters_and_bodies_behind_references_are_read(describe: Describe, compiled: Compile, version: str) -> None:
    """Through as many references as there are."""
    components = {
        "parameters": {
            "Limit": {"name": "limit", "in": "query", "schema": {"$ref": "#/components/schemas/Count"}},
            "Same": {"$ref": "#/components/parameters/Limit"},
        },
        "requestBodies": {"B": {"required": True, "content": {JSON: {"schema": {"type": "boolean"}}}}},
        "schemas": {"Count": {"type": "integer", "maximum": 100}},
    }
    operation = {
        "parameters": [{"$ref": "#/components/parameters/Same"}],
        "requestBody": {"$ref": "#/components/requestBodies/B"},
    }
    endpoint = compiled(describe(version, operation=operation, components=components)).endpoint("op")
    assert endpoint is not None
    assert not endpoint.faults({"id": "1", "limit": 100}, body=True)
    assert {one.pointer for one in endpoint.faults({"id": "1", "limit": 101}, 1)} == {"#/params/limit", "#/body"}


def test_schemas_may_be_recursive(describe: Describe, compiled: Compile) -> None:
    """Nothing is inlined."""
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}}
    reference = {"$ref": "#/components/schemas/Node"}
    endpoint = compiled(describe(operation=_body(reference), components={"schemas": {"Node": node}})).endpoint("op")
    assert endpoint is not None
    assert [one.pointer for one in endpoint.faults({"id": "1"}, {"next": {"next": {"n": "x"}}})] == [
        "#/body/next/next/n"
    ]


@pytest.mark.parametrize(
    ("schema", "value", "good"),
    [
        ({"type": "string", "nullable": True}, None, True),
        ({"nullable": True, "enum": ["a"]}, None, False),
        ({"type": "string", "nullable": True, "enum": ["a"]}, None, False),
        ({"type": "string"}, None, False),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 1, False),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 2, True),
        ({"type": "object", "properties": {"a": {"type": "string", "nullable": True}}}, {"a": None}, True),
        ({"$ref": "#/components/responses/R/content/application~1json/schema"}, {"a": None}, True),
        ({"$ref": "#/components/schemas/S", "type": "string"}, 1, True),
    ],
)
def test_the_dialect_of_3_0_is_understood(
    describe: Describe,
    compiled: Compile,
    schema: Any,
    value: Any,
    good: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Nullable counts beside a type only, exclusive bounds are flags, siblings of a reference are ignored."""
    answer = {"type": "object", "properties": {"a": {"type": "string", "nullable": True}}}
    components = {
        "responses": {"R": {"description": "", "content": {JSON: {"schema": answer}}}},
        "schemas": {"S": {"type": "integer"}},
    }
    endpoint = compiled(describe("3.0.3", operation=_body(schema), components=components)).endpoint("op")
    assert endpoint is not None
    assert (not endpoint.faults({"id": "1"}, value)) is good


def test_an_example_with_a_member_called_nullable_stays_as_it_is(describe: Describe, compiled: Compile) -> None:
    """Only schemas are rewritten."""
    example = {"type": "x", "nullable": True}
    schema = {"type": "object", "example": example, "properties": {"nullable": {"type": "boolean"}}}
    contract = compiled(describe("3.0.3", operation=_body(schema)))
    at = "/paths/~1things~1{id}/post/requestBody/content/application~1json/schema"
    kept = contract.library.lookup(f"{contract.library.uri}#{at}")
    assert kept["example"] == example
    assert kept["properties"] == {"nullable": {"type": "boolean"}}


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("text/csv", "text"),
        ("application/xml", "text"),
        ("application/x-www-form-urlencoded", "form"),
        ("multipart/form-data", "multipart"),
        ("application/octet-stream", "binary"),
        ("image/*", "binary"),
    ],
)
def test_every_media_type_is_read(describe: Describe, only: ReadOperation, media: str, kind: str) -> None:
    """With the way in which a value is written as it."""
    body = only(describe(operation={"requestBody": {"required": True, "content": {media: {}}}})).body
    assert body is not None
    assert [(one.media_type, one.kind) for one in body.contents] == [(media, kind)]


def test_json_goes_before_other_media_types(describe: Describe, only: ReadOperation) -> None:
    """It is sent where a job does not ask for another."""
    content: dict[str, Any] = {"text/plain": {}, "image/*": {}, "multipart/form-data": {}, "application/json": {}}
    body = only(describe(operation={"requestBody": {"content": content}})).body
    assert body is not None
    assert [one.kind for one in body.contents] == ["json", "multipart", "text", "binary"]
    chosen = [body.content(media) for media in (None, "image/png", "application/json; charset=utf-8", "video/mp4")]
    assert [one and one.media_type for one in chosen] == ["application/json", "image/*", "application/json", None]


@pytest.mark.parametrize(
    ("media", "sent"),
    [("application/vnd.api+json", "application/vnd.api+json"), ("*/*", JSON), ("text/json", "text/json")],
)
def test_every_kind_of_json_is_sent_as_what_it_is(
    describe: Describe, only: ReadOperation, media: str, sent: str
) -> None:
    """A range is sent as plain JSON."""
    body = only(describe(operation={"requestBody": {"content": {media: {}}}})).body
    assert body is not None
    (content,) = body.contents
    assert (sent_as(content.media_type), content.kind, content.schema, body.required) == (sent, "json", {}, False)


def test_success_is_what_the_document_says(describe: Describe, only: ReadOperation) -> None:
    """Any 2xx where it names a class of them, or none."""
    cases = {("201", "404"): {201}, ("200", "2XX"): set(), ("default",): set(), (): set()}
    for statuses, expected in cases.items():
        responses: dict[str, Any] = {status: {"content": {JSON: {}}} for status in statuses}
        assert only(describe(operation={"responses": responses})).success == expected


def test_a_required_body_that_is_not_there_is_missing(describe: Describe, compiled: Compile) -> None:
    """And one that is optional is not."""
    for required in (True, False):
        endpoint = compiled(describe(operation=_body({}, required=required))).endpoint("op")
        assert endpoint is not None
        assert [one.pointer for one in endpoint.faults({"id": "1"}, UNSET)] == (["#/body"] if required else [])


@pytest.mark.parametrize("name", ["contract.json", "contract.yaml"])
def test_a_document_is_prepared_once(describe: Describe, tmp_path: Path, name: str) -> None:
    """The next start takes it as it was kept; another document, or other habits, are prepared anew."""
    file, cache = tmp_path / name, CodeCache(tmp_path / "cache")
    document = describe("3.0.3", operation=_body({"type": "string", "nullable": True, "maxLength": 3}))
    kept = []
    for limit, habits in ((3, DEFAULT), (3, DEFAULT), (4, DEFAULT), (4, Habits("lenient"))):
        schema = document["paths"]["/things/{id}"]["post"]["requestBody"]["content"][JSON]["schema"]
        schema["maxLength"] = limit
        file.write_bytes(orjson.dumps(document))
        endpoint = from_document(file, "jsonschema-rs", cache, habits).endpoint("op")
        assert endpoint is not None
        assert not endpoint.faults({"id": "1"}, None)
        assert bool(endpoint.faults({"id": "1"}, "abcd")) is (limit == 3)
        kept.append(len(list((tmp_path / "cache").glob("*.json"))))
    assert kept == [1, 1, 2, 3]


def test_a_contract_may_be_several_files_of_one_folder(describe: Describe, tmp_path: Path) -> None:
    """JSON or YAML, each in the contract's own dialect; files of other folders where they are allowed."""
    inner, outer = tmp_path / "specs" / "parts", tmp_path / "common"
    inner.mkdir(parents=True)
    outer.mkdir()
    (inner / "order.yaml").write_text(
        "Order: {type: object, properties: {sku: {$ref: 'sku.json#/a~1b'}, n: {$ref: '#/N'}}}\n"
        "N: {nullable: true, type: integer}"
    )
    (inner / "sku.json").write_text('{"a/b": {"type": "string"}}')
    (outer / "body.yaml").write_text(
        "required: true\ncontent: {application/json: {schema: {$ref: '../specs/parts/order.yaml#/Order'}}}"
    )
    file = tmp_path / "specs" / "shop.json"
    file.write_bytes(orjson.dumps(describe("3.0.3", operation={"requestBody": {"$ref": "../common/body.yaml"}})))
    endpoint = from_document(file, folders=[outer]).endpoint("op")
    assert endpoint is not None
    assert not endpoint.faults({"id": "1"}, {"sku": "a", "n": None})
    assert {one.pointer for one in endpoint.faults({"id": "1"}, {"sku": 1, "n": "x"})} == {"#/body/sku", "#/body/n"}
    refused = from_document(file).operations["op"].unusable or ""
    assert "outside of the contract's folder" in refused
    assert "contract_folders" in refused


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("", JSON),
        ("form-data", JSON),
        ("text/plain; utf-8", "text/plain"),
        (" text/csv ", "text/csv"),
        ("a/b\r\nX: 1", JSON),
        ("image/*", "image/*"),
    ],
)
def test_a_key_that_is_no_media_type_is_not_sent(describe: Describe, only: ReadOperation, key: str, sent: str) -> None:
    """It would break the message; what is sent instead is said by lint."""
    body = only(describe(operation={"requestBody": {"content": {key: {}}}})).body
    assert body is not None
    assert body.contents[0].media_type == sent
    assert bool(body.contents[0].caveat) is (sent == JSON)
