"""The sandbox judges bodies: content type, encoding, schema."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from worker.sandbox import Behaviour, Contract, Sandbox
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

ORDERS = "/shops/berlin/orders"


def serving(schema: Any, *, version: str = "3.1.0", media: str = "application/json", **more: Any) -> Sandbox:
    """A sandbox with one POST operation that takes such a body."""
    operation = {"requestBody": {"content": {media: {"schema": schema}}, **more}, "responses": {"201": {}}}
    return Sandbox(Contract.of({"openapi": version, "paths": {"/x": {"post": operation}}}))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"sku": "bike"}, "#/body/sku"),
        ({"qty": 0}, "#/body/qty"),
        ({"qty": 101}, "#/body/qty"),
        ({"qty": "2"}, "#/body/qty"),
        ({"currency": "CHF"}, "#/body/currency"),
        ({"email": "ada"}, "#/body/email"),
        ({"delivery": "2026-02-30"}, "#/body/delivery"),
        ({"items": [{"sku": "A-1", "qty": 1}, {"sku": "BELL-7", "qty": 0}]}, "#/body/items/1/qty"),
        ({"items": [{"sku": "BELL-7"}]}, "#/body/items/0"),
        ({"note": 1}, "#/body/note"),
        ({"colour": "red"}, "#/body"),
    ],
)
def test_each_invalid_value_of_a_demo_order_is_422_with_its_place(
    ask: Ask, demo: Contract, order: dict[str, Any], change: dict[str, Any], pointer: str
) -> None:
    """Pattern, range, type, enum, formats, nesting, unknown properties."""
    answer = ask(Sandbox(demo), "POST", ORDERS, {**order, **change}).answer
    assert answer.status == 422
    assert pointer in {error["pointer"] for error in orjson.loads(answer.body)["errors"]}


def test_a_good_demo_order_is_created(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """With everything optional too; the answer says where the order is."""
    full = {**order, "items": [{"sku": "BELL-7", "qty": 1, "engraving": "Ada"}], "tags": ["gift"], "note": None}
    answer = ask(Sandbox(demo), "POST", f"{ORDERS}?dry_run=false", full, {"X-Channel": "web"}).answer
    assert answer.status == 201
    assert answer.headers["Location"] == "/shops/berlin/orders/1"
    assert orjson.loads(answer.body) == {"id": "1", "operation": "createOrder", "received": True}


@pytest.mark.parametrize(
    ("target", "method", "body", "status"),
    [
        ("/shops/berlin/orders?status=open&limit=10&tags=gift,red", "GET", b"", 200),
        ("/shops/berlin/orders?limit=0", "GET", b"", 422),
        ("/shops/berlin/orders?tags=gift,gift", "GET", b"", 422),
        ("/shops/Berlin/orders", "GET", b"", 422),
        ("/shops/berlin/orders/4f7f5a5c-97a0-4d3b-8a1a-6c1f9d6c5a11", "GET", b"", 200),
        ("/shops/berlin/orders/17", "GET", b"", 422),
        ("/shops/berlin/orders/4f7f5a5c-97a0-4d3b-8a1a-6c1f9d6c5a11", "PATCH", {"qty": 3}, 200),
        ("/shops/berlin/orders/4f7f5a5c-97a0-4d3b-8a1a-6c1f9d6c5a11", "PATCH", {}, 422),
        (
            "/admin/reports",
            "POST",
            {"kind": "returns", "from": "2026-01-01", "to": "2026-02-01", "shops": ["ulm"]},
            202,
        ),
        ("/admin/reports", "POST", {"kind": "returns", "from": "2026-01-01", "to": "2026-02-01", "shops": ["x"]}, 422),
    ],
)
def test_the_other_demo_operations_judge_too(
    ask: Ask, demo: Contract, target: str, method: str, body: Any, status: int
) -> None:
    """Each operation of the demo's contract, good and bad."""
    assert ask(Sandbox(demo), method, target, body).answer.status == status


@pytest.mark.parametrize(
    "content", [b"{", b'{"qty": NaN}', b'{"sku": "\xff"}', b"\xef\xbb\xbf{}", b"[" * 100_000], ids=lambda c: repr(c[:9])
)
def test_what_is_not_json_is_400(ask: Ask, demo: Contract, content: bytes) -> None:
    """Broken, NaN, no UTF-8, a byte order mark, nested without end."""
    assert ask(Sandbox(demo), "POST", ORDERS, content).answer.status == 400


def test_a_missing_body_is_400_where_one_is_required(ask: Ask) -> None:
    """And fine where it is not."""
    assert ask(serving({}, required=True), "POST", "/x").answer.status == 400
    assert ask(serving({}), "POST", "/x").answer.status == 201


def test_a_body_is_400_where_none_is_taken(ask: Ask, demo: Contract) -> None:
    """A GET of the demo takes none."""
    assert ask(Sandbox(demo), "GET", ORDERS, {}).answer.status == 400


@pytest.mark.parametrize(
    ("declared", "sent", "status"),
    [
        ("application/json", "application/json; charset=utf-8", 201),
        ("application/json", "Application/JSON", 201),
        ("application/json", "application/json; charset=latin-1", 415),
        ("application/json", "text/plain", 415),
        ("application/json", "", 415),
        ("application/merge-patch+json", "application/merge-patch+json", 201),
        ("application/json; charset=utf-8", "application/json", 201),
        ("application/*", "application/json", 201),
        ("*/*", "application/json", 201),
        ("text/*", "application/json", 415),
    ],
)
def test_another_content_type_than_declared_is_415(ask: Ask, declared: str, sent: str, status: int) -> None:
    """Parameters but the charset do not matter, nor does case; ranges work."""
    sandbox = serving({"type": "object"}, media=declared)
    assert ask(sandbox, "POST", "/x", b"{}", {"content-type": sent}).answer.status == status


def test_a_form_is_typed_by_its_schema(ask: Ask) -> None:
    """Numbers and lists come out of a form's text."""
    schema = {
        "type": "object",
        "required": ["qty"],
        "properties": {"qty": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
    }
    media = "application/x-www-form-urlencoded"
    sandbox = serving(schema, media=media)
    assert ask(sandbox, "POST", "/x", b"qty=2&tags=a", {"content-type": media}).answer.status == 201
    assert ask(sandbox, "POST", "/x", b"qty=two", {"content-type": media}).answer.status == 422


def test_text_is_a_string_and_bytes_are_anything(ask: Ask) -> None:
    """JSON Schema has a say on text, and none on an image."""
    text = serving({"type": "string", "maxLength": 3}, media="text/plain")
    assert ask(text, "POST", "/x", b"abcd", {"content-type": "text/plain"}).answer.status == 422
    image = serving({"type": "string", "format": "binary"}, media="image/png")
    assert ask(image, "POST", "/x", b"\x89PNG", {"content-type": "image/png"}).answer.status == 201


def test_a_behaviour_may_answer_invalid_values_with_400(ask: Ask, demo: Contract, order: dict[str, Any]) -> None:
    """Many APIs know no 422."""
    sandbox = Sandbox(demo, Behaviour(invalid_status=400))
    assert ask(sandbox, "POST", ORDERS, {**order, "qty": 0}).answer.status == 400


@pytest.mark.parametrize(
    ("version", "schema", "value", "good"),
    [
        ("3.0.3", {"type": "string", "nullable": True}, None, True),
        ("3.0.3", {"type": "string"}, None, False),
        ("3.0.3", {"type": "string", "nullable": True, "enum": ["a"]}, None, False),
        ("3.0.3", {"nullable": True, "allOf": [{"type": "string"}]}, None, False),
        ("3.0.3", {"properties": {"a": {"type": "integer", "nullable": True}}}, {"a": None}, True),
        ("3.0.3", {"allOf": [{"items": {"type": "integer", "nullable": True}}]}, [None, 1], True),
        ("3.0.3", {"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 1, False),
        ("3.0.3", {"const": 1}, 2, True),
        ("3.1.0", {"type": "string", "nullable": True}, None, False),
        ("3.1.0", {"type": ["string", "null"]}, None, True),
        ("3.1.0", {"exclusiveMinimum": 1}, 1, False),
        ("3.1.0", {"const": 1}, 2, False),
    ],
)
def test_schemas_mean_what_their_version_of_openapi_says(
    ask: Ask, version: str, schema: dict[str, Any], value: Any, *, good: bool
) -> None:
    """3.0: nullable beside a type, draft 4 besides; 3.1: 2020-12."""
    status = ask(serving(schema, version=version), "POST", "/x", orjson.dumps(value)).answer.status
    assert status == (201 if good else 422)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_what_is_read_only_is_not_required_of_a_request(ask: Ask, version: str) -> None:
    """The API makes an id; nobody sends one."""
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}}
    assert ask(serving(schema, version=version), "POST", "/x", {}).answer.status == 201


def test_a_recursive_schema_is_judged_to_the_bottom(ask: Ask) -> None:
    """References are followed, never inlined."""
    tree = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/components/schemas/T"}}}}
    root = {
        "openapi": "3.1.0",
        "components": {"schemas": {"T": {**tree, "additionalProperties": False}}},
        "paths": {
            "/x": {"post": {"requestBody": {"content": {"*/*": {"schema": {"$ref": "#/components/schemas/T"}}}}}}
        },
    }
    sandbox = Sandbox(Contract.of(root))
    answer = ask(sandbox, "POST", "/x", {"kids": [{"kids": [{"stray": 1}]}]}).answer
    assert orjson.loads(answer.body)["errors"][0]["pointer"] == "#/body/kids/0/kids/0"


def test_a_pattern_that_looks_around_is_judged_too(ask: Ask) -> None:
    """The linear-time engine knows no look-around; the other one does."""
    sandbox = serving({"type": "string", "pattern": "^(?!x)y"})
    assert ask(sandbox, "POST", "/x", b'"y"').answer.status == 201
    assert ask(sandbox, "POST", "/x", b'"xy"').answer.status == 422


def test_a_contract_that_refers_to_nothing_is_500_and_says_so(ask: Ask) -> None:
    """The server lives on; the message names the reference."""
    sandbox = serving({"$ref": "#/components/schemas/Gone"})
    answer = ask(sandbox, "POST", "/x", {}).answer
    assert answer.status == 500
    assert b"Gone" in answer.body


OFFERED = {
    "application/json": {"schema": {"type": "object"}},
    "application/json; version=2": {"schema": {"type": "array"}},
    "application/vnd.shop+json": {"schema": {"type": "integer"}},
    "image/*": {"schema": {"type": "string", "format": "binary"}},
    "text/plain": {"schema": {"type": "integer"}},
    "application/xml": {"schema": {"type": "object"}},
    "application/octet-stream": {},
    "text/csv": {"schema": {"type": "array"}},
}


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("application/json", b"{}", 201),
        ("application/json", b"[]", 422),
        ("application/json; version=2", b"[]", 201),
        ("application/json; version=2; charset=utf-8", b"{}", 422),
        ("application/json; version=3", b"{}", 201),
        ("application/vnd.shop+json", b"17", 201),
        ("application/vnd.other+json", b"17", 415),
        ("image/png", b"\x89PNG", 201),
        ("image/svg+xml", b"<svg/>", 201),
        ("text/plain", b"17", 201),
        ("text/plain", b"x", 422),
        ("text/plain", b"\xff", 400),
        ("text/plain; charset=latin-1", b"1", 415),
        ("text/html", b"17", 415),
        ("text/csv", b"a,b\n1,2\n", 201),
        ("application/xml", b"<order/>", 201),
        ("application/xml", b"\xff\xfe", 400),
        ("application/octet-stream", b"\xff\x00", 201),
        ("video/mp4", b"\xff", 415),
        ("image/", b"x", 201),
        (";;;", b"x", 415),
        ("\udcff", b"x", 415),
    ],
)
def test_the_content_type_chooses_what_a_body_is_read_as(ask: Ask, kind: str, content: bytes, status: int) -> None:
    """The narrowest range first, then the one with most of the parameters; 415 for what is not offered."""
    operation = {"requestBody": {"required": True, "content": OFFERED}, "responses": {"201": {}}}
    sandbox = Sandbox(Contract.of({"openapi": "3.1.0", "paths": {"/x": {"post": operation}}}))
    assert ask(sandbox, "POST", "/x", content, {"content-type": kind}).answer.status == status


def test_xml_without_a_byte_is_no_body(ask: Ask) -> None:
    """A text of no characters is one, where the contract takes plain text."""
    xml = serving({}, media="application/xml", required=True)
    assert ask(xml, "POST", "/x", b"", {"content-type": "application/xml"}).answer.status == 400
    text = serving({"type": "string"}, media="text/plain", required=True)
    assert ask(text, "POST", "/x", b"", {"content-type": "text/plain"}).answer.status == 201
