from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.contract.postman.conftest import Operate


def raw(text: str, language: str = "json") -> dict[str, Any]:
    """A request with a raw body."""
    return {"body": {"mode": "raw", "raw": text, "options": {"raw": {"language": language}}}}


def content(operation: dict[str, Any]) -> dict[str, Any]:
    """What the body may be, by media type."""
    found: dict[str, Any] = operation["requestBody"]["content"]
    return found


def test_an_example_becomes_a_schema_and_stays_an_example(operate: "Operate") -> None:
    """Nothing is forbidden that it does not show."""
    assert content(operate(raw('{"sku": "a", "qty": 2}'))) == {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}},
                "required": ["sku", "qty"],
            },
            "example": {"sku": "a", "qty": 2},
        }
    }


@pytest.mark.parametrize(
    ("written", "schema"),
    [
        ('{"qty": {{qty}}}', {"type": "integer"}),
        ('{"qty": {{ nobody }}}', {}),
        ('{"qty": {{word}}}', {}),
        ('{"qty": "{{qty}}"}', {"type": "string"}),
        ('{"qty": "{{nobody}}"}', {"type": "string"}),
        ('{"qty": {{$timestamp}}}', {"type": "integer"}),
        ('{"qty": "{{$guid}}"}', {"type": "string", "format": "uuid"}),
        ('{"qty": "{{$isoTimestamp}}"}', {"type": "string", "format": "date-time"}),
        ('{"qty": {{list}}}', {"type": "array", "items": {"type": "integer"}}),
        ('{"qty": 1 /* "two" */ // {{three}}\n}', {"type": "integer"}),
        ('{"qty": "// no comment"}', {"type": "string"}),
        ('{"qty": "a \\" {{nobody}}"}', {"type": "string"}),
        ('{"qty": "<integer>"}', {"type": "integer"}),
        ('{"qty": "<dateTime>"}', {"type": "string", "format": "date-time"}),
        ('{"qty": "<string>"}', {"type": "string"}),
    ],
)
def test_variables_may_stand_in_json(operate: "Operate", written: str, schema: dict[str, Any]) -> None:
    """Bare, where a value belongs, or inside of text; and comments, which Postman takes out."""
    known = {"qty": "3", "word": "three", "list": "[1, 2]"}
    operation = operate(raw(written), variable=[{"key": name, "value": value} for name, value in known.items()])
    assert content(operation)["application/json"]["schema"]["properties"]["qty"] == schema


def test_an_example_with_variables_left_in_it_is_not_kept(operate: "Operate") -> None:
    """Nobody could send it."""
    assert "example" not in content(operate(raw('{"qty": {{nobody}}}')))["application/json"]
    assert "example" not in content(operate(raw('{"qty": "{{nobody}}"}')))["application/json"]


def test_json_that_cannot_be_read_may_be_anything(make: Any) -> None:
    """And it is said why."""
    made = make({"name": "Create", "request": {"method": "POST", "url": "https://shop.example/o", **raw('{"a": ')}})
    assert made.document["paths"]["/o"]["post"]["requestBody"]["content"] == {"application/json": {"schema": {}}}
    assert made.notes[0].startswith("Create: its body is no JSON (")


@pytest.mark.parametrize(
    ("header", "language", "text", "media_type"),
    [
        (None, "json", "1", "application/json"),
        (None, "xml", "<a/>", "application/xml"),
        (None, "text", "hello", "text/plain"),
        (None, "text", '{"a": 1}', "application/json"),
        (None, "", "[1]", "application/json"),
        ("application/vnd.api+json; charset=utf-8", "text", '{"a": 1}', "application/vnd.api+json"),
        ("Text/CSV", "json", "a,b", "text/csv"),
        ("{{nobody}}", "json", "1", "text/plain"),
        ("nonsense", "json", "{}", "application/json"),
    ],
)
def test_the_media_type_is_the_headers_or_else_what_it_looks_like(
    operate: "Operate", header: str | None, language: str, text: str, media_type: str
) -> None:
    """Postman's own choice of a language comes last."""
    headers = [{"key": "content-type", "value": header}] if header else []
    assert list(content(operate({"header": headers, **raw(text, language)}))) == [media_type]


def test_forms_have_a_property_for_each_field(operate: "Operate") -> None:
    """What is switched off, or missing in another example, is not required."""
    fields = [
        {"key": "sku", "value": "a", "description": "what"},
        {"key": "qty", "value": "2"},
        {"key": "tag", "value": "x"},
        {"key": "tag", "value": "y"},
        {"key": "note", "value": "z", "disabled": True},
    ]
    operation = operate({"body": {"mode": "urlencoded", "urlencoded": fields}})
    assert content(operation)["application/x-www-form-urlencoded"]["schema"] == {
        "type": "object",
        "properties": {
            "sku": {"type": "string", "description": "what"},
            "qty": {"type": ["integer", "string"]},
            "tag": {"type": "array", "items": {"type": "string"}},
            "note": {"type": "string"},
        },
        "required": ["sku", "qty", "tag"],
    }


def test_files_are_bytes(operate: "Operate") -> None:
    """In a form of parts, with their types; or as the whole body."""
    fields = [{"key": "scan", "type": "file", "src": "/home/ada/scan.pdf", "contentType": "application/pdf"}]
    form = content(operate({"body": {"mode": "formdata", "formdata": fields}}))["multipart/form-data"]
    assert form["schema"]["properties"]["scan"] == {"type": "string", "format": "binary"}
    assert form["encoding"] == {"scan": {"contentType": "application/pdf"}}
    whole = content(operate({"body": {"mode": "file", "file": {"src": "/home/ada/scan.pdf"}}}))
    assert whole == {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def test_graphql_is_json(operate: "Operate") -> None:
    """With the variables as their example has them."""
    given = {"query": "query q($n: Int) { a(n: $n) }", "operationName": "q", "variables": '{"n": {{nobody}}}'}
    schema = content(operate({"body": {"mode": "graphql", "graphql": given}}))["application/json"]["schema"]
    assert schema["required"] == ["query", "operationName", "variables"]
    assert schema["properties"]["variables"]["properties"] == {"n": {}}
    broken = operate({"body": {"mode": "graphql", "graphql": {"query": "{ a }", "variables": "{"}}})
    assert content(broken)["application/json"]["schema"]["properties"]["variables"] == {}


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"mode": "none"},
        {"mode": "raw", "raw": " "},
        {"mode": "raw"},
        {"mode": "urlencoded"},
        {"mode": "formdata", "formdata": [{"value": "nameless"}]},
        {"mode": "graphql", "graphql": None},
        {"mode": "raw", "raw": "{}", "disabled": True},
        [],
    ],
)
def test_a_body_that_is_empty_is_none(operate: "Operate", body: Any) -> None:
    """The operation takes none then."""
    assert "requestBody" not in operate({"body": body})


def test_several_requests_make_one_body(operate: "Operate") -> None:
    """Their schemas are one where they are of one type, and stand side by side where they are not."""
    operation = operate(
        raw('{"sku": "a", "qty": 2, "when": "2026-12-31"}'),
        raw('{"sku": "b", "qty": null, "note": [], "when": "2026-12-30"}'),
        raw("<order/>", "xml"),
    )
    assert operation["requestBody"]["required"] is True
    assert content(operation)["application/json"]["schema"] == {
        "type": "object",
        "properties": {
            "sku": {"type": "string"},
            "qty": {"type": ["integer", "null"]},
            "when": {"type": "string", "format": "date"},
            "note": {"type": "array"},
        },
        "required": ["sku", "qty", "when"],
    }
    assert content(operation)["application/xml"] == {"schema": {"type": "string"}}
    assert operate(raw("{}"), {})["requestBody"]["required"] is False
