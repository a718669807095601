"""What APIs answer to a job that their contract allows, and where in the job it points."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.contract import from_declarations
from worker.job import Job
from worker.outcome import Fault
from worker.settings import OperationSettings
from worker.stages.rejection import faults

_PARAMS: dict[str, Any] = {"properties": {"shop": {}, "limit": {}, "header.X-Trace": {}, "cookie.sid": {}}}
_SETTINGS = OperationSettings("createOrder", "POST", "/shops/{shop}/orders", _PARAMS, body={"type": "object"})
OPERATION = from_declarations({"createOrder": _SETTINGS}, "test").operations["createOrder"]
BODY = {"qty": 3, "unitPrice": 9, "items": [{"sku": "A"}, {"sku": "B"}], "name": "x"}
JOB = Job("1", "shop", "createOrder", {"shop": "ulm", "limit": 7}, BODY)

#: The form -> (what the API answers, the faults: pointer, place, rule, detail).
GOLDEN: dict[str, tuple[Any, list[tuple[str, str, str, str]]]] = {
    "RFC 9457": (
        {
            "type": "https://example.net/validation-error",
            "title": "Your request is not valid.",
            "errors": [
                {"detail": "must be even", "pointer": "#/qty"},
                {"detail": "is unknown", "pointer": "#/items/1/sku"},
                {"detail": "is a slash", "pointer": "#/a~1b/c%20d"},
            ],
        },
        [
            ("#/body/qty", "body", "rejected", "must be even"),
            ("#/body/items/1/sku", "body", "rejected", "is unknown"),
            ("#/body/a~1b/c d", "body", "rejected", "is a slash"),
        ],
    ),
    "our own sandbox": (
        {
            "title": "x",
            "errors": [{"pointer": "#/body/qty", "detail": "a"}, {"pointer": "#/query/limit", "detail": "b"}],
        },
        [("#/body/qty", "body", "rejected", "a"), ("#/params/limit", "query", "rejected", "b")],
    ),
    "RFC 9457 without errors": (
        {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "the shop is closed"},
        [("#", "job", "rejected", "the shop is closed")],
    ),
    "RFC 7807": (
        {
            "title": "Invalid",
            "invalid-params": [{"name": "qty", "reason": "must be even"}, {"name": "limit", "reason": "x"}],
        },
        [("#/body/qty", "body", "rejected", "must be even"), ("#/params/limit", "query", "rejected", "x")],
    ),
    "FastAPI": (
        {
            "detail": [
                {"loc": ["body", "items", 0, "sku"], "msg": "Field required", "type": "missing", "input": {}},
                {"loc": ["query", "limit"], "msg": "too many", "type": "less_than", "ctx": {"lt": 5}},
                {"loc": ["path", "shop"], "msg": "no such shop", "type": "value_error"},
                {"loc": ["header", "x-trace"], "msg": "bad", "type": "t"},
                {"loc": ["cookie", "sid"], "msg": "old", "type": "t"},
                {"loc": ["body"], "msg": "empty", "type": "missing"},
            ]
        },
        [
            ("#/body/items/0/sku", "body", "missing", "Field required"),
            ("#/params/limit", "query", "less_than", "too many"),
            ("#/params/shop", "path", "value_error", "no such shop"),
            ("#/params/X-Trace", "header", "t", "bad"),
            ("#/params/sid", "cookie", "t", "old"),
            ("#/body", "body", "missing", "empty"),
        ],
    ),
    "FastAPI, a text": ({"detail": "Shop is closed"}, [("#", "job", "rejected", "Shop is closed")]),
    "JSON:API": (
        {
            "errors": [
                {
                    "status": "422",
                    "code": "E7",
                    "title": "Bad",
                    "detail": "odd",
                    "source": {"pointer": "/data/attributes/qty"},
                },
                {"title": "Invalid limit", "source": {"parameter": "limit"}},
                {"title": "No trace", "source": {"header": "X-TRACE"}},
            ]
        },
        [
            ("#/body/data/attributes/qty", "body", "E7", "odd"),
            ("#/params/limit", "query", "rejected", "Invalid limit"),
            ("#/params/X-Trace", "header", "rejected", "No trace"),
        ],
    ),
    "Google": (
        {
            "error": {
                "code": 400,
                "message": "Request contains an invalid argument.",
                "status": "INVALID_ARGUMENT",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.BadRequest",
                        "fieldViolations": [
                            {"field": "items[1].sku", "description": "unknown", "reason": "SKU"},
                            {"field": "unit_price", "description": "too low"},
                        ],
                    }
                ],
            }
        },
        [
            ("#/body/items/1/sku", "body", "SKU", "unknown"),
            ("#/body/unitPrice", "body", "rejected", "too low"),
        ],
    ),
    "Google without details": (
        {"error": {"code": 400, "message": "Bad.", "status": "INVALID_ARGUMENT"}},
        [("#", "job", "400", "Bad.")],
    ),
    "Rails": (
        {"errors": {"qty": ["must be even", "is too low"], "base": ["shop is closed"], "items[0].sku": "is gone"}},
        [
            ("#/body/qty", "body", "rejected", "must be even"),
            ("#/body/qty", "body", "rejected", "is too low"),
            ("#", "job", "rejected", "shop is closed"),
            ("#/body/items/0/sku", "body", "rejected", "is gone"),
        ],
    ),
    "ASP.NET": (
        {
            "title": "One or more validation errors occurred.",
            "errors": {"UnitPrice": ["odd"], "$.items[1].sku": ["bad"]},
        },
        [("#/body/unitPrice", "body", "rejected", "odd"), ("#/body/items/1/sku", "body", "rejected", "bad")],
    ),
    "Django REST framework": (
        {"qty": ["must be even"], "items": [{}, {"sku": ["is gone"]}], "non_field_errors": ["closed"]},
        [
            ("#/body/qty", "body", "rejected", "must be even"),
            ("#/body/items/1/sku", "body", "rejected", "is gone"),
            ("#", "job", "rejected", "closed"),
        ],
    ),
    "GitHub": (
        {
            "message": "Validation Failed",
            "errors": [
                {"resource": "Issue", "field": "name", "code": "missing_field"},
                {"resource": "Issue", "field": "qty", "code": "custom", "message": "must be even"},
                "only one at a time",
            ],
        },
        [
            ("#/body/name", "body", "missing_field", "missing_field"),
            ("#/body/qty", "body", "custom", "must be even"),
            ("#", "job", "rejected", "only one at a time"),
        ],
    ),
    "Stripe": (
        {"error": {"type": "invalid_request_error", "code": "bad", "param": "items[0][sku]", "message": "No such sku"}},
        [("#/body/items/0/sku", "body", "bad", "No such sku")],
    ),
    "express-validator": (
        {"errors": [{"type": "field", "location": "query", "path": "limit", "msg": "odd", "value": 7}]},
        [("#/params/limit", "query", "field", "odd")],
    ),
    "zod": (
        {"issues": [{"code": "too_small", "path": ["items", 0, "sku"], "message": "short"}]},
        [("#/body/items/0/sku", "body", "too_small", "short")],
    ),
    "Spring": (
        {"timestamp": "2026-01-01", "status": 400, "error": "Bad Request", "path": "/orders"},
        [("#", "job", "rejected", "Bad Request")],
    ),
    "a list": ([{"field": "qty", "message": "odd"}], [("#/body/qty", "body", "rejected", "odd")]),
    "a text in JSON": ("shop is closed", [("#", "job", "rejected", "shop is closed")]),
    "nothing that is said": ({"status": 400}, []),
    "a name that the job does not have": (
        {"errors": [{"field": "colour", "message": "is missing"}, {"field": "path", "message": "is missing"}]},
        [("#/body/colour", "body", "rejected", "is missing"), ("#/body/path", "body", "rejected", "is missing")],
    ),
    "the same twice": (
        {"errors": [{"field": "qty", "message": "odd"}] * 2},
        [("#/body/qty", "body", "rejected", "odd")],
    ),
}


def _found(body: bytes, job: Job = JOB) -> list[tuple[str, str, str, str]]:
    return [(one.pointer, one.place, one.rule, one.detail) for one in faults(body, job, OPERATION)]


@pytest.mark.parametrize(("answer", "expected"), GOLDEN.values(), ids=GOLDEN.keys())
def test_each_known_form_points_into_the_job(answer: Any, expected: list[tuple[str, str, str, str]]) -> None:
    """With the API's own code and words."""
    assert _found(orjson.dumps(answer)) == expected


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"qty must be even\r\n", "qty must be even"),
        (b"<!doctype html><html><h1>400</h1></html>", "the answer is a web page"),
        (b'{"detail": "cut off', '{"detail": "cut off'),
        (b"\xff\xfe", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_what_is_no_json_is_told_as_it_is(body: bytes, detail: str) -> None:
    """About the job as a whole."""
    assert _found(body) == [("#", "job", "rejected", detail)]


@pytest.mark.parametrize("where", [{"pointer": "#"}, {"pointer": ""}, {"pointer": "/"}, {"field": "base"}, {}])
def test_what_is_about_the_whole_points_at_the_job(where: dict[str, str]) -> None:
    """However an API says so; what a terminal would obey is left out of its words."""
    answer = {"errors": [{**where, "message": "too\x1b[31m \t many\r\n orders\u202e"}]}
    assert _found(orjson.dumps(answer)) == [("#", "job", "rejected", "too [31m many orders")]


def test_an_empty_answer_says_nothing() -> None:
    """Its status is told anyway."""
    assert _found(b"") == []
    assert _found(b"null") == []


def test_a_member_of_the_body_that_is_called_body_is_one() -> None:
    """What the job has decides how a path is meant."""
    answer = orjson.dumps({"errors": [{"pointer": "/body/text", "detail": "too long"}]})
    assert _found(answer)[0][0] == "#/body/text"
    assert _found(answer, Job("1", "shop", "createOrder", {}, {"body": {"text": "x"}}))[0][0] == "#/body/body/text"


def test_a_parameter_counts_where_the_body_has_no_such_name() -> None:
    """``limit`` is in the query, unless the body has one too."""
    answer = orjson.dumps({"errors": [{"field": "limit", "message": "x"}]})
    assert _found(answer)[0][:2] == ("#/params/limit", "query")
    assert _found(answer, Job("1", "shop", "createOrder", {}, {"limit": 1}))[0][:2] == ("#/body/limit", "body")


def test_secrets_are_not_repeated() -> None:
    """Neither under their name nor where the message quotes them; and a token not at all."""
    answer = {
        "errors": [
            {"field": "password", "message": "'hunter2' is too short"},
            {"field": "qty", "message": "odd", "password": "hunter2"},
            {"field": "name", "message": "Bearer hunter2hunter2"},
        ]
    }
    found = _found(orjson.dumps(answer))
    assert "hunter2" not in repr(found)
    assert found[0] == ("#/body/password", "body", "rejected", "[redacted] is too short")
    assert "hunter2" not in repr(_found(orjson.dumps({"errors": {"password": ["hunter2 is known to everybody"]}})))


def test_an_answer_is_read_as_far_as_a_person_would() -> None:
    """So many faults, so many words; nothing that is nested deeper than any known form."""
    many = [{"field": f"f{number}", "message": "word " * 1000, "code": "c" * 1000} for number in range(1000)]
    found = _found(orjson.dumps({"errors": many}))
    assert len(found) == 50
    assert max(len(detail) for _, _, _, detail in found) == 300
    assert max(len(rule) for _, _, rule, _ in found) == 80
    deep: Any = "x"
    for _ in range(100):
        deep = {"errors": [deep]}
    assert _found(orjson.dumps(deep)) == []
    long = {"errors": [{"field": ".".join(["step"] * 1000), "message": "x"}, {"field": "f" * 10_000, "message": "x"}]}
    assert max(len(pointer) for pointer, *_ in _found(orjson.dumps(long))) < 300


_KEYS = st.sampled_from(
    ["errors", "error", "detail", "details", "loc", "msg", "message", "source", "pointer", "field", "code", "type",
     "path", "fieldViolations", "invalid-params", "name", "reason", "in", "location", "qty", "body", "base"]
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=4), inner, max_size=6),
    max_leaves=30,
)


@given(_VALUES)
def test_any_answer_is_faults_and_never_an_exception(value: Any) -> None:
    """Whatever stands where: each fault is whole, and its pointer one."""
    for fault in faults(json.dumps(value).encode(), JOB, OPERATION):
        assert isinstance(fault, Fault)
        assert fault.pointer == "#" or fault.pointer.startswith(("#/body", "#/params/"))
        assert fault.detail
        assert fault.rule


@given(st.binary(max_size=200))
def test_any_bytes_are_faults_and_never_an_exception(body: bytes) -> None:
    """An answer need not be text."""
    assert all(fault.detail for fault in faults(body, JOB, OPERATION))
