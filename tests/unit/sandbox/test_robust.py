"""Whatever is on the wire gets an answer: 4xx, never an exception."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.sandbox import Behaviour, Contract, Sandbox, serve
from worker.sandbox.received import Received
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

TREE: Final = {
    "type": ["object", "array", "string", "number", "null"],
    "properties": {"a": {"$ref": "#/components/schemas/Tree"}},
    "items": {"$ref": "#/components/schemas/Tree"},
    "pattern": "^(?=a)(a+)+$",
}
REFERENCE: Final = {"$ref": "#/components/schemas/Tree"}
FIELDS: Final = {
    "type": "object",
    "properties": {"a": REFERENCE, "n": {"type": "number"}, "l": {"type": "array", "items": {"type": "integer"}}},
}
LIST: Final = {"type": "array", "items": {"$ref": "#/components/schemas/List"}}
PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": "d", "in": "query", "schema": REFERENCE, "style": "deepObject"},
    {"name": "o", "in": "query", "schema": FIELDS},
    {"name": "s", "in": "query", "schema": {"type": "array"}, "style": "spaceDelimited"},
    {"name": "j", "in": "query", "content": {"application/json": {"schema": REFERENCE}}},
    {"name": "h", "in": "header", "schema": FIELDS, "explode": True},
    {"name": "c", "in": "cookie", "schema": FIELDS},
    {"name": "m", "in": "path", "schema": FIELDS, "style": "matrix", "explode": True},
    {"name": "r", "in": "query", "schema": LIST, "explode": False},
    {"name": "l", "in": "path", "schema": REFERENCE, "style": "label"},
]
CONTENT: Final = {
    "application/json": {"schema": REFERENCE},
    "application/x-www-form-urlencoded": {"schema": FIELDS, "encoding": {"a": {"style": "deepObject"}}},
    "multipart/form-data": {"schema": FIELDS, "encoding": {"n": {"headers": {"X-N": {"schema": FIELDS}}}}},
    "text/*": {"schema": {"type": "integer"}},
    "*/*": {},
}
SCHEMES: Final = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "k"},
    "query": {"type": "apiKey", "in": "query", "name": "k"},
}
EVERYTHING: Final = Contract.of(
    {
        "openapi": "3.1.0",
        "components": {"schemas": {"Tree": TREE, "List": LIST}, "securitySchemes": SCHEMES},
        "paths": {
            "/x/{m}/{l}": {"post": {"parameters": PARAMETERS, "requestBody": {"content": CONTENT}}},
            "/l": {"post": {"requestBody": {"content": {each: {"schema": LIST} for each in CONTENT}}}},
            "/s": {"post": {"security": [{name: []} for name in SCHEMES]}},
        },
    }
)

ATOMS: Final = [
    "a", "d[a]", "d[a][b]=", "[", "]", "=", "&", ";", ",", ".", "+", "|", "%", "%zz", "%FF", "%00", "%ED%A0%80", "%7C",
    "\udcff", "\u00fc", "\x00", "\r\n", " ", '"', "\\", "1", "-", "9" * 400, "1e999", "null", "true", "{", "}",
    "j=", "[" * 500, "o=", "r=", "k=", "l=1", "n=NaN", "s=1%20x",
]  # fmt: skip
JUNK: Final = st.lists(st.sampled_from(ATOMS), max_size=8).map("".join)
TARGET: Final = JUNK.map(lambda text: "".join(character for character in text if "!" <= character <= "~"))
KINDS: Final = [
    *CONTENT,
    "multipart/form-data; boundary=b",
    'multipart/form-data; boundary="',
    "text/plain",
    "",
    "\udcff",
]
BODIES: Final = st.one_of(
    st.binary(max_size=40),
    JUNK.map(lambda text: text.encode(errors="surrogateescape")),
    st.sampled_from([b"[" * 5000, b"[" * 1023 + b"]" * 1023, b'{"a":' * 1000 + b"1" + b"}" * 1000, b"9" * 5000]),
    st.tuples(JUNK, JUNK, JUNK).map(
        lambda part: '--b\r\nContent-Disposition: form-data; name="{}"\r\n{}\r\n\r\n{}\r\n--b--'.format(*part).encode(
            errors="surrogateescape"
        )
    ),
)
CREDENTIALS: Final = ["", "Basic \udcff", "Basic ====", "Bearer a.b.c", "Bearer e30.eyJleHAiOjFlMzA4fQ.x", "\udcff"]


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    where=st.sampled_from(["/x/;{}/.{}", "/x/{}/{}", "/l", "/s", "{}{}"]),
    texts=st.tuples(TARGET, TARGET, st.one_of(TARGET, JUNK)),
    headers=st.fixed_dictionaries(
        {"h": JUNK, "cookie": JUNK, "idempotency-key": JUNK, "content-type": st.sampled_from(KINDS)}
        | {"authorization": st.sampled_from(CREDENTIALS)}
    ),
    content=BODIES,
)
def test_garbage_gets_an_answer_and_a_line_in_the_records(
    where: str, texts: tuple[str, str, str], headers: dict[str, str], content: bytes
) -> None:
    """Bad escapes, surrogates, huge numbers, endless nesting, in every place at once."""
    sandbox = Sandbox(EVERYTHING, Behaviour(idempotency_header="Idempotency-Key"), remember=True)
    answer = sandbox.decide(Received("POST", where.format(*texts), texts[2], headers, content)).answer
    assert 200 <= answer.status < 500
    assert sandbox.records is not None
    orjson.loads(b"".join(sandbox.records.pages()))
    if answer.headers.get("Content-Type") == "application/problem+json":
        orjson.loads(answer.body)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b"[" * 1025),
        ("application/json", b'"\\ud800"'),
        ("application/json", b"1e999"),
        ("application/x-www-form-urlencoded", b"a" + b"[a]" * 1000 + b"=1"),
        ("application/x-www-form-urlencoded", b"a=%ED%A0%80"),
        ("application/x-www-form-urlencoded", b"&=&=&%"),
    ],
)
def test_what_nobody_can_look_into_is_400(kind: str, content: bytes) -> None:
    """It is the request's fault, and said so."""
    headers = {"content-type": kind}
    answer = Sandbox(EVERYTHING).decide(Received("POST", "/x/;n=1/.1", "", headers, content)).answer
    assert answer.status == 400
    assert b"#/body" in answer.body


@pytest.mark.parametrize(("bottom", "status"), [(b"1", 200), (b"true", 422)])
def test_a_value_is_judged_to_the_bottom_however_deep_it_is(ask: Ask, bottom: bytes, status: int) -> None:
    """As deep as a reader of JSON goes."""
    for content in (b"[" * 1023 + bottom + b"]" * 1023, b'{"a":' * 1000 + bottom + b"}" * 1000):
        assert ask(Sandbox(EVERYTHING), "POST", "/x/;n=1/.1", content).answer.status == status


def test_a_pattern_that_backtracks_for_ever_is_given_up(ask: Ask) -> None:
    """It has look-around, and so no linear-time engine; the text is refused."""
    body = orjson.dumps("a" * 60 + "b")
    assert ask(Sandbox(EVERYTHING), "POST", "/x/;n=1/.1", body).answer.status == 422


def test_a_refusal_is_short_whatever_was_sent(ask: Ask) -> None:
    """Not every one of ten thousand faults, and no text as long as the body."""
    answer = ask(Sandbox(EVERYTHING), "POST", "/x/;n=1/.1", [{"a": True, "b": "x" * 10_000}] * 1000).answer
    assert answer.status == 422
    assert len(answer.body) < 200_000


@pytest.mark.parametrize("coding", ["nonsense", "gzip, nonsense"])
def test_a_content_coding_that_nobody_knows_is_415(ask: Ask, coding: str) -> None:
    """The body came packed, and stays so."""
    headers = {"content-encoding": coding}
    assert ask(Sandbox(EVERYTHING), "POST", "/x/;n=1/.1", b"1", headers).answer.status == 415


AUTHORISED: Final = b"Host: x\r\nConnection: close\r\nAuthorization: Bearer x\r\n"
JSON: Final = AUTHORISED + b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("request_line", "rest", "status"),
    [
        (b"GET /shops/\xff/orders HTTP/1.1", AUTHORISED + b"\r\n", 400),
        (b"GET /shops/%ED%A0%80/orders HTTP/1.1", AUTHORISED + b"\r\n", 400),
        (b"POST /shops/ulm/orders HTTP/1.1", JSON + b"X-Channel: \xff\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"POST /shops/ulm/orders HTTP/1.1", JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", 400),
        (b"POST /shops/ulm/orders HTTP/1.1", AUTHORISED + b"Content-Type: \xff\r\nContent-Length: 2\r\n\r\n{}", 415),
        (b"GET /shops/ulm/orders HTTP/1.1", b"Host: x\r\nConnection: close\r\nCookie: \xff=; ; =\r\n\r\n", 401),
        (b"CONNECT x:1 HTTP/1.1", AUTHORISED + b"\r\n", 404),
        (b"OPTIONS * HTTP/1.1", AUTHORISED + b"\r\n", 404),
    ],
)
async def test_raw_bytes_on_a_socket_get_an_answer(
    demo: Contract, request_line: bytes, rest: bytes, status: int
) -> None:
    """No client would send them; the server lives on."""
    running = await serve(Sandbox(demo, remember=True))
    reader, writer = await asyncio.open_connection("127.0.0.1", int(running.url.rpartition(":")[2]))
    writer.write(request_line + b"\r\n" + rest)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    await running.close()
    assert int(answer.split(b" ", 2)[1]) == status
