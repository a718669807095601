"""The sandbox reads forms, url-encoded and multipart, as the contract's Encoding Object writes them."""

from collections.abc import Callable
from typing import Any, Final

import orjson
import pytest

from worker.sandbox import Contract, Sandbox
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

ADDRESS: Final = {"type": "object", "required": ["zip"], "properties": {"zip": {"type": "integer"}}}


def serving(media: str, properties: dict[str, Any], encoding: dict[str, Any] | None = None, **more: Any) -> Sandbox:
    """A sandbox with POST /x that takes a form with these properties and no others."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    body = {"content": {media: {"schema": schema, "encoding": encoding or {}}}}
    operation = {"requestBody": body, "responses": {"201": {"description": "made"}}}
    return Sandbox(Contract.of({"openapi": "3.1.0", "paths": {"/x": {"post": operation}}}))


@pytest.mark.parametrize(
    ("properties", "encoding", "text", "status"),
    [
        ({"a": {"type": "integer"}, "b": {"type": "string"}}, {}, "a=1&b=x+y%26", 201),
        ({"a": {"type": "integer"}}, {}, "a=x", 422),
        ({"a": {"type": "integer"}}, {}, "c=1", 422),
        ({"a": {"type": "integer"}}, {}, "a=1&a=2", 422),
        ({"a": {"type": "integer"}}, {}, "a=%zz", 400),
        ({"a": {"type": "integer"}}, {}, "a=%FF", 400),
        # Arrays are repeated, each item by its own type.
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {}, "a=1&a=2", 201),
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {}, "a=1", 201),
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {}, "a=1,2", 422),
        ({"a": {"type": "array", "items": ADDRESS}}, {}, "a=%7B%22zip%22:1%7D&a=%7B%22zip%22:2%7D", 201),
        ({"a": {"type": "array", "items": ADDRESS}}, {}, "a=%7B%7D", 422),
        ({"a": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"enum": [""]}]}}, {}, "a=", 201),
        ({"a": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"enum": [""]}]}}, {}, "a=x", 201),
        # Objects are JSON text, unless a style says otherwise.
        ({"a": ADDRESS}, {}, "a=%7B%22zip%22:10115%7D", 201),
        ({"a": ADDRESS}, {}, "a=%7B%22zip%22:%22x%22%7D", 422),
        ({"a": ADDRESS}, {}, "a=zip,1", 400),
        ({"a": ADDRESS}, {}, "a[zip]=1", 422),
        ({"a": ADDRESS}, {"a": {"style": "deepObject"}}, "a[zip]=10115", 201),
        ({"a": ADDRESS}, {"a": {"style": "deepObject", "explode": True}}, "a%5Bzip%5D=x", 422),
        ({"a": ADDRESS}, {"a": {"style": "deepObject"}}, "a[zip=1", 400),
        ({"a": ADDRESS}, {"a": {"style": "form"}}, "zip=10115", 201),
        ({"a": ADDRESS}, {"a": {"explode": False}}, "a=zip,10115", 201),
        ({"a": ADDRESS}, {"a": {"allowReserved": True}}, "zip=10115", 201),
        # Arrays by style, as query parameters have them.
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {"a": {"explode": False}}, "a=1,2", 201),
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {"a": {"style": "pipeDelimited"}}, "a=1%7C2", 201),
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {"a": {"style": "deepObject"}}, "a[0]=1&a[1]=2", 201),
        ({"a": {"type": "array", "items": ADDRESS}}, {"a": {"style": "deepObject"}}, "a[0][zip]=1&a[1][zip]=2", 201),
        ({"a": {"type": "array", "items": ADDRESS}}, {"a": {"style": "deepObject"}}, "a[0][zip]=x", 422),
        # A content type of its own.
        ({"a": {"type": "string"}}, {"a": {"contentType": "application/json"}}, "a=%22x%22", 201),
        ({"a": {"type": "string"}}, {"a": {"contentType": "application/json"}}, "a=x", 400),
        ({"a": {"type": "array"}}, {"a": {"contentType": "application/json"}}, "a=[1,2]", 201),
        ({}, {}, "", 201),
        ({"\u00e4": {"type": "string"}}, {}, "%C3%A4=%E2%82%AC", 201),
        ({"a": {"type": "string"}}, {}, "a=\u00e4", 400),
    ],
)
def test_a_url_encoded_form_is_read_by_its_encoding(
    ask: Ask, properties: dict[str, Any], encoding: dict[str, Any], text: str, status: int
) -> None:
    """What fits, what a schema refuses, what cannot be read."""
    sandbox = serving(FORM, properties, encoding)
    assert ask(sandbox, "POST", "/x", text.encode(), {"content-type": FORM}).answer.status == status


def test_a_form_as_payment_apis_write_it(ask: Ask) -> None:
    """Deep objects in deep objects, and lists by index."""
    line = {"type": "object", "properties": {"price": {"type": "integer"}, "tags": {"type": "array"}}}
    properties = {
        "items": {"type": "array", "items": line},
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        "expand": {"type": "array", "items": {"type": "string"}},
        "customer": {"type": "string"},
    }
    deep = {"style": "deepObject", "explode": True}
    sandbox = serving(FORM, properties, {"items": deep, "metadata": deep, "expand": deep})
    text = b"customer=cus_1&items[0][price]=5&items[0][tags][]=x&items[1][price]=7&metadata[order]=17&expand[]=items"
    assert ask(sandbox, "POST", "/x", text, {"content-type": FORM}).answer.status == 201
    answer = ask(sandbox, "POST", "/x", text.replace(b"=7", b"=dear"), {"content-type": FORM}).answer
    assert orjson.loads(answer.body)["errors"][0]["pointer"] == "#/body/items/1/price"


def test_an_empty_form_is_there_when_its_type_is(ask: Ask) -> None:
    """It is the object without properties: refused for what it lacks, not for being absent."""
    sandbox = serving(FORM, {"a": {}}, required=["a"])
    assert ask(sandbox, "POST", "/x", b"", {"content-type": FORM}).answer.status == 422
    assert ask(sandbox, "POST", "/x").answer.status == 201


@pytest.mark.parametrize("text", [b"", b"a=1", b"[]=1", b"0=1&1=2"])
def test_a_form_can_hardly_be_a_list(ask: Ask, text: bytes) -> None:
    """Some documents say that it is; it has fields all the same."""
    body = {"content": {FORM: {"schema": {"type": "array", "items": {"type": "string"}, "minItems": 3}}}}
    sandbox = Sandbox(Contract.of({"openapi": "3.1.0", "paths": {"/x": {"post": {"requestBody": body}}}}))
    assert ask(sandbox, "POST", "/x", text, {"content-type": FORM}).answer.status == 422


def part(name: str, content: str | bytes, *headers: str, disposition: str = "") -> bytes:
    """One part."""
    head = [disposition or f'Content-Disposition: form-data; name="{name}"', *headers]
    text = content if isinstance(content, bytes) else content.encode()
    return "\r\n".join(head).encode() + b"\r\n\r\n" + text


def multipart(*parts: bytes, boundary: str = "b0undary") -> bytes:
    """A multipart body."""
    return b"".join(f"--{boundary}\r\n".encode() + each + b"\r\n" for each in parts) + f"--{boundary}--\r\n".encode()


JSON: Final = "Content-Type: application/json"
PNG: Final = "Content-Type: image/png"
XML: Final = "Content-Type: application/xml"
FILE: Final = {"type": "string", "format": "binary"}
RATED: Final = {"a": {"headers": {"X-Rate": {"schema": {"type": "integer"}}}}}


@pytest.mark.parametrize(
    ("properties", "encoding", "parts", "status"),
    [
        ({"a": {"type": "integer"}}, {}, [part("a", "1")], 201),
        ({"a": {"type": "integer"}}, {}, [part("a", "x")], 422),
        ({"a": {"type": "integer"}}, {}, [part("a", "1", "Content-Type: text/plain; charset=utf-8")], 201),
        ({"a": {"type": "integer"}}, {}, [part("a", "1", JSON)], 400),
        ({"a": {"type": "integer"}}, {}, [part("c", "1")], 422),
        ({"a": {"type": "integer"}}, {}, [part("a", "1"), part("a", "2")], 422),
        ({"a": {"type": "string"}}, {}, [part("a", b"\xff")], 400),
        ({"a": {"type": "string", "maxLength": 4}}, {}, [part("a", "\r\n\r\n")], 201),
        # Arrays are repeated parts.
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {}, [part("a", "1"), part("a", "2")], 201),
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {}, [part("a", "1")], 201),
        ({"a": {"type": "array", "items": ADDRESS}}, {}, [part("a", '{"zip": 1}', JSON)] * 2, 201),
        ({"a": {"type": "array", "items": ADDRESS}}, {}, [part("a", '[{"zip": 1}]', JSON)], 201),
        ({"a": {"type": "array", "items": FILE}}, {}, [part("a", b"\xff", PNG)] * 2, 201),
        # Objects are JSON.
        ({"a": ADDRESS}, {}, [part("a", '{"zip": 1}', JSON)], 201),
        ({"a": ADDRESS}, {}, [part("a", '{"zip": 1}')], 201),
        ({"a": ADDRESS}, {}, [part("a", '{"zip": "x"}', JSON)], 422),
        ({"a": ADDRESS}, {}, [part("a", "{", JSON)], 400),
        ({"a": ADDRESS}, {}, [part("a", '{"zip": 1}', "Content-Type: text/plain")], 400),
        # Files are bytes of any type, unless the contract says which.
        ({"a": FILE}, {}, [part("a", b"\x89PNG\r\n\x00\xff", PNG)], 201),
        ({"a": FILE}, {}, [part("", b"\xff", disposition='Content-Disposition: form-data; name=a; filename="a"')], 201),
        ({"a": {"contentMediaType": "image/png"}}, {}, [part("a", b"\xff", PNG)], 201),
        ({"a": {}}, {}, [part("a", b"\xff", PNG)], 201),
        ({"a": FILE}, {"a": {"contentType": "image/png, image/jpeg"}}, [part("a", b"\xff", PNG)], 201),
        ({"a": FILE}, {"a": {"contentType": "image/*"}}, [part("a", b"\xff", PNG)], 201),
        ({"a": FILE}, {"a": {"contentType": "image/jpeg"}}, [part("a", b"\xff", PNG)], 400),
        ({"a": FILE}, {"a": {"contentType": "image/jpeg"}}, [part("a", b"\xff")], 400),
        ({"a": ADDRESS}, {"a": {"contentType": "application/xml"}}, [part("a", "<a/>", XML)], 201),
        ({"a": {"type": "integer"}}, {"a": {"contentType": "application/json"}}, [part("a", "1", JSON)], 201),
        ({"a": {"type": "integer"}}, {"a": {"contentType": "application/json"}}, [part("a", "1")], 400),
        # Headers of parts.
        ({"a": {}}, RATED, [part("a", "1", "x-rate: 5")], 201),
        ({"a": {}}, RATED, [part("a", "1", "x-rate: y")], 422),
        ({"a": {}}, {"a": {"headers": {"X-Rate": {"required": True}}}}, [part("a", "1")], 400),
        ({'q"\u00e4': {}}, {}, [part("q%22\u00e4", "1")], 201),
        ({'q"': {}}, {}, [part('q\\"', "1")], 201),
    ],
)  # fmt: skip
def test_a_multipart_form_is_read_by_property(
    ask: Ask, properties: dict[str, Any], encoding: dict[str, Any], parts: list[bytes], status: int
) -> None:
    """Texts, lists, objects, files; types and headers of parts."""
    sandbox = serving(MULTIPART, properties, encoding)
    headers = {"content-type": f"{MULTIPART}; boundary=b0undary"}
    assert ask(sandbox, "POST", "/x", multipart(*parts), headers).answer.status == status


@pytest.mark.parametrize(
    ("content", "boundary"),
    [
        (multipart(part("a", "1")), ""),
        (multipart(part("a", "1")), "other"),
        (multipart(part("a", "1")), "x" * 71),
        (multipart(part("a", "1")), '"\\"'),
        (multipart(part("a", "1"))[:-4], "b0undary"),
        (b"preamble\r\n" + multipart(part("a", "1")), "b0undary"),
        (multipart(b"no headers"), "b0undary"),
        (multipart(b"\r\n1"), "b0undary"),
        (multipart(b"X-Other: 1\r\n\r\n1"), "b0undary"),
        (multipart(b"Content-Disposition: attachment; name=a\r\n\r\n1"), "b0undary"),
        (multipart(b"Content-Disposition: form-data\r\n\r\n1"), "b0undary"),
        (multipart(b"\xff\xfe: \xff\r\n\r\n1"), "b0undary"),
        (multipart(b"Content-Disposition form-data; name=a\r\n\r\n1"), "b0undary"),
        (multipart(b'Content-Disposition: form-data; name="a\r\n\r\n1'), "b0undary"),
        (multipart(part("a", "1", "X-A: 1", "x-a: 2")), "b0undary"),
        (b"--b0undary garbage\r\n\r\n--b0undary--", "b0undary"),
        (b"--b0undary--", "nothing"),
        (b"\x00" * 1000, "b0undary"),
        (b"--b\r\n\r\n" * 10_002 + b"--b--", "b"),
    ],
)
def test_what_is_no_multipart_form_is_400(ask: Ask, content: bytes, boundary: str) -> None:
    """Boundaries that are missing, wrong or unusable, parts without a name, bytes that are no text."""
    sandbox = serving(MULTIPART, {"a": {}})
    headers = {"content-type": f"{MULTIPART}; boundary={boundary}"}
    assert ask(sandbox, "POST", "/x", content, headers).answer.status == 400


def test_a_multipart_form_may_have_no_parts(ask: Ask) -> None:
    """And a boundary in quotes."""
    headers = {"content-type": f'{MULTIPART}; charset=utf-8; boundary="b:0"'}
    assert ask(serving(MULTIPART, {}), "POST", "/x", b"--b:0--\r\n", headers).answer.status == 201
    form = multipart(part("a", "1"), boundary="b:0")
    assert ask(serving(MULTIPART, {"a": {"const": 1}}), "POST", "/x", form, headers).answer.status == 201
