"""The sandbox refuses good requests on request, in the forms in which real APIs do: drift, seen from outside."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest

from worker.errors import UsageError
from worker.sandbox import Behaviour, Contract, Sandbox, behaviour
from worker.sandbox.misbehaviour import Rule
from worker.sandbox.refusal import Refusal
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

ORDERS = "/shops/ulm/orders"


def read(tmp_path: Path, text: str) -> Behaviour:
    """The behaviour in such a file."""
    file = tmp_path / "b.toml"
    file.write_text(text)
    return behaviour.read(file)


@pytest.mark.parametrize(
    ("form", "media", "expected"),
    [
        (
            "problem",
            "application/problem+json",
            {
                "type": "about:blank",
                "title": "Bad Request",
                "status": 400,
                "detail": "#/body/items/0/qty must be even",
                "errors": [{"pointer": "#/body/items/0/qty", "detail": "must be even"}],
            },
        ),
        (
            "fastapi",
            "application/json",
            {"detail": [{"loc": ["body", "items", 0, "qty"], "msg": "must be even", "type": "value_error"}]},
        ),
        (
            "jsonapi",
            "application/vnd.api+json",
            {
                "errors": [
                    {
                        "status": "400",
                        "title": "Bad Request",
                        "detail": "must be even",
                        "source": {"pointer": "/items/0/qty"},
                    }
                ]
            },
        ),
        (
            "google",
            "application/json",
            {
                "error": {
                    "code": 400,
                    "message": "Invalid value at 'items[0].qty': must be even",
                    "status": "INVALID_ARGUMENT",
                    "details": [
                        {
                            "@type": "type.googleapis.com/google.rpc.BadRequest",
                            "fieldViolations": [{"field": "items[0].qty", "description": "must be even"}],
                        }
                    ],
                }
            },
        ),
        ("plain", "text/plain; charset=utf-8", b"items.0.qty: must be even\n"),
    ],
)
def test_a_refusal_is_written_as_its_form_has_it(
    ask: Ask, demo: Contract, order: dict[str, Any], tmp_path: Path, form: str, media: str, expected: Any
) -> None:
    """Status, content type and body, as a behaviour file asks for them."""
    text = f'[[faults]]\nstatus = 400\nrefusal = "{form}"\npointer = "#/body/items/0/qty"\ndetail = "must be even"'
    answer = ask(Sandbox(demo, read(tmp_path, text)), "POST", ORDERS, order).answer
    assert (answer.status, answer.headers["Content-Type"]) == (400, media)
    assert (answer.body if isinstance(expected, bytes) else orjson.loads(answer.body)) == expected


@pytest.mark.parametrize(
    ("form", "pointer", "told"),
    [
        ("fastapi", "#/query/limit", b'"loc":["query","limit"]'),
        ("jsonapi", "#/query/limit", b'"source":{"parameter":"limit"}'),
        ("jsonapi", "#/header/X-Channel", b'"source":{"header":"X-Channel"}'),
        ("jsonapi", "#/body/a~1b", b'"source":{"pointer":"/a~1b"}'),
        ("google", "#/path/shop", b'"field":"shop"'),
        ("google", "#/body", b'"field":"body"'),
        ("plain", "#/body", b"body: is not allowed"),
    ],
)
def test_a_refusal_can_speak_of_any_place(ask: Ask, demo: Contract, form: Any, pointer: str, told: bytes) -> None:
    """Parameters, headers, escaped names, and the body as a whole."""
    rule = Rule(status=422, refusal=Refusal(form, pointer, "is not allowed"))
    answer = ask(Sandbox(demo, Behaviour(faults=(rule,))), "GET", ORDERS).answer
    assert answer.status == 422
    assert told in answer.body


@pytest.mark.parametrize(
    ("share", "first_ten", "of_a_thousand"),
    [("0.3", [4, 7, 10], 300), ("0.5", [2, 4, 6, 8, 10], 500), ("1.0", list(range(1, 11)), 1000), ("0.0", [], 0)],
)
def test_a_share_is_exact_by_count_and_spread_evenly(
    ask: Ask, demo: Contract, tmp_path: Path, share: str, first_ten: list[int], of_a_thousand: int
) -> None:
    """No luck: of any first N requests, the whole part of share times N."""
    text = f'[[faults]]\noperation = "listOrders"\nshare = {share}\nstatus = 422\nrefusal = "problem"'
    sandbox = Sandbox(demo, read(tmp_path, text))
    statuses = [ask(sandbox, "GET", ORDERS).answer.status for _ in range(1000)]
    assert [number for number, status in enumerate(statuses[:10], 1) if status == 422] == first_ten
    assert statuses.count(422) == of_a_thousand
    sandbox.reset()
    assert [ask(sandbox, "GET", ORDERS).answer.status for _ in range(1000)] == statuses


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("refusal = 'problem'", "faults[0].refusal = 'problem': give the status 400 or 422"),
        ("refusal = 'problem'\nstatus = 500", "faults[0].refusal = 'problem': give the status 400 or 422"),
        ("refusal = 'problem'\nstatus = 400\nhtml = true", "neither html nor garbage"),
        ("refusal = 'problem'\ndrop = 'after'", "leave out status, html, garbage, refusal and slow_body"),
        (
            "refusal = 'soap'\nstatus = 400",
            "faults[0].refusal = 'soap': write one of problem, fastapi, jsonapi, google",
        ),
        ("refusal = 'plain'\nstatus = 400\npointer = '/qty'", "faults[0].pointer = '/qty': write a place"),
        ("refusal = 'plain'\nstatus = 400\npointer = '#/query'", "faults[0].pointer = '#/query': write a place"),
        ("status = 400\npointer = '#/body'", "faults[0].pointer = '#/body': say in which form it is told"),
        ("status = 400\ndetail = 'no'", "faults[0].detail = 'no': say in which form it is told"),
        ("status = 400\nshare = 1.5", "faults[0].share = 1.5: write a share"),
        ("status = 400\nshare = '10%'", "faults[0].share = '10%': write a share"),
    ],
)
def test_a_refusal_that_makes_no_sense_is_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    """File, key, value, remedy."""
    with pytest.raises(UsageError) as caught:
        read(tmp_path, f"[[faults]]\n{text}")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nullable = 'loose'", "nullable = 'loose': write one of strict, lenient"),
        ("read_only = true", "read_only = True: write a text"),
        ("read_only = 'strip'", "read_only = 'strip': write one of ignore, refuse"),
    ],
)
def test_a_reading_that_is_not_known_is_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    """The same for how schemas are read."""
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)


def test_every_key_of_a_refusal_can_be_read(tmp_path: Path) -> None:
    """Beside those that every rule has."""
    text = """
        nullable = "lenient"
        read_only = "refuse"
        [[faults]]
        share = 0.25
        status = 422
        refusal = "google"
        pointer = "#/body/qty"
        detail = "must be even"
        """
    known = read(tmp_path, text)
    assert (known.nullable, known.read_only) == ("lenient", "refuse")
    assert known.faults == (
        Rule(share=Fraction(1, 4), status=422, refusal=Refusal("google", "#/body/qty", "must be even")),
    )
