import json
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.settings.predicate import ABSENT, Said, parse, place

_BODY: Final = {
    "ok": True,
    "error": None,
    "code": 17,
    "share": 0.5,
    "text": "too many requests",
    "a/b": {"~": [{"kind": "throttled"}, "busy"]},
    "large": 2**63,
}
_HEADERS: Final = {"x-left": "0", "x-state": "limited", "x-share": "1.5", "x-none": ""}
_SAID: Final = Said(200, _HEADERS, json.dumps(_BODY).encode())


@pytest.mark.parametrize(
    "text",
    [
        "status == 200",
        "status != 201",
        "status >= 200 and status < 300",
        "body:/ok == true",
        "body:/error == null",
        "body:/error exists",
        "body:/code == 17",
        "body:/code == 17.0",
        "body:/code > -1e3",
        "body:/large == 9223372036854775808",
        "body:/share <=0.5",
        'body:/text == "too many requests"',
        'body:/text > "a"',
        'body:/text contains "many"',
        'body:/a~1b/~0/0/kind == "throttled"',
        'body:/a~1b/~0 contains "busy"',
        'body contains "\\"code\\": 17"',
        "header:X-Left == 0",
        'header:x-left == "0"',
        "header:x-share > 1",
        'header:x-state contains "limit"',
        "header:x-none exists",
        "status == 500 or body:/ok == true",
        "status == 200 and body:/ok == true or status == 500 and body:/ok == false",
        "  status   ==200  ",
    ],
)
def test_an_answer_is_what_a_predicate_says(text: str) -> None:
    """Places, signs and joints; what is written in one place may stand in another."""
    assert parse(text).holds(_SAID)


@pytest.mark.parametrize(
    "text",
    [
        "status != 200",
        "status > 200",
        "body:/ok == 1",
        "body:/ok > 0",
        'body:/ok == "true"',
        "body:/code == true",
        'body:/code == "17"',
        'body:/code contains "17"',
        'body:/code < "a"',
        "body:/gone exists",
        "body:/gone == null",
        "body:/gone < 1",
        "body:/a~1b/~0/7 exists",
        "body:/a~1b/~0/00 exists",
        "body:/a~1b/~0/-1 exists",
        "body:/text/0 exists",
        "header:x-state == 0",
        "header:x-gone exists",
        'header:x-gone contains ""',
        "status == 200 and body:/ok == false or status == 500",
    ],
)
def test_an_answer_is_not_what_a_predicate_says(text: str) -> None:
    """No truth value is a number, no number a text, and nothing equals what is not there."""
    assert not parse(text).holds(_SAID)


def test_what_is_not_there_differs_from_everything() -> None:
    """Also from null."""
    for text in ("body:/gone != null", 'header:x-gone != "a"', "body:/gone/deeper != 1"):
        assert parse(text).holds(_SAID)


def test_an_answer_that_is_no_json_has_no_places_in_its_body() -> None:
    """Its text can be searched all the same."""
    said = Said(200, {}, b"\xff Too busy")
    assert not parse("body:/ok exists").holds(said)
    assert parse('body contains "Too busy"').holds(said)
    assert place("body:/ok").value(said) is ABSENT


def test_a_body_is_decoded_once_and_only_if_it_is_looked_into() -> None:
    """A predicate over status and headers costs no decoding."""
    said = Said(200, {}, b'{"a": []}')
    assert parse("status == 200 or body:/a exists").holds(said)
    assert "document" not in vars(said)
    assert place("body:/a").value(said) is place("body:/a").value(said)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no predicate at its end: write a claim such as body:/ok == true"),
        ("body:/ok", "from 'body:/ok' on: write a claim such as"),
        ("body:ok == true", "from 'body:ok == true' on"),
        ("body:/ok = true", "from 'body:/ok = true' on"),
        ("body:/ok == True", "from 'body:/ok == True' on"),
        ("body:/ok == 'yes'", "on: write a claim"),
        ("body:/a~2b exists", "from 'body:/a~2b exists' on"),
        ("body: exists", "from 'body: exists' on"),
        ("status == 200 or", "from 'or' on: write and, or, or nothing more"),
        ("status == 200 && status == 201", "from '&& status == 201' on: write and, or, or nothing more"),
        ("status == 2001x", "from 'status == 2001x' on"),
        ("not status == 200", "from 'not status == 200' on"),
        ("status == 010", "has 010 in it, which is no JSON: write it as JSON does"),
        ('body contains "\\q"', r'has "\\q" in it, which is no JSON'),
        ("body contains 5", 'has contains 5 in it: write a text, contains "5"'),
        ("x" * 50, f"from '{'x' * 40}…' on"),
    ],
)
def test_what_is_no_predicate_is_explained(text: str, message: str) -> None:
    """From where on, and what to write there."""
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        parse(text)


@pytest.mark.parametrize(
    ("text", "body", "expected"),
    [
        ("body:/usage/total_tokens", b'{"usage": {"total_tokens": 12}}', 12.0),
        ("body:/usage/total_tokens", b'{"usage": {"total_tokens": 0.5}}', 0.5),
        ("body:/usage/total_tokens", b'{"usage": {"total_tokens": "12"}}', None),
        ("body:/usage/total_tokens", b'{"usage": {"total_tokens": true}}', None),
        ("body:/usage/total_tokens", b'{"usage": {"total_tokens": -1}}', None),
        ("body:/usage/total_tokens", b'{"usage": []}', None),
        ("body:/usage/total_tokens", b"", None),
        ("header:X-Left", b"", 0.0),
        ("header:x-share", b"", 1.5),
        ("header:x-state", b"", None),
        ("header:x-none", b"", None),
        ("header:x-gone", b"", None),
        ("body", b"12", None),
    ],
)
def test_an_amount_is_a_number_where_one_is_expected(text: str, body: bytes, expected: float | None) -> None:
    """What a request cost; a header's number is a text, a body's is not."""
    assert place(text).amount(Said(200, _HEADERS, body)) == expected


@pytest.mark.parametrize("text", ["", "used", "body:", "body:used", "header:", "header:a b", "Body:/a", "body:/a b"])
def test_what_is_no_place_is_explained(text: str) -> None:
    """The remedy names all that there are."""
    with pytest.raises(ValueError, match="write body:/json/pointer, header:name, status or body"):
        place(text)


_STEPS = st.sampled_from(["ok", "0", "1", "a~1b", "~0", ""])
_PLACES = st.sampled_from(["status", "header:x-a", "body"]) | st.lists(_STEPS, min_size=1).map(
    lambda steps: "body:/" + "/".join(steps)
)
_LITERALS = (st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(-1e300, 1e300) | st.text()).map(
    json.dumps
)
_CLAIMS = st.builds(
    " ".join,
    st.tuples(_PLACES, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), _LITERALS)
    | st.tuples(_PLACES, st.just("contains"), st.text().map(json.dumps))
    | st.tuples(_PLACES, st.just("exists")),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["ok", "0", "a/b", "~"]), inner),
)


@given(_CLAIMS, st.binary() | _VALUES.map(lambda value: json.dumps(value).encode()), st.text())
def test_a_predicate_says_yes_or_no_of_anything(text: str, body: bytes, header: str) -> None:
    """Whatever an API sends: bytes that are no text, JSON of another shape, numbers beyond bounds."""
    said = Said(200, {"x-a": header}, body)
    found: Any = parse(text).holds(said)
    assert found in (True, False)
    amount = place(text.split(maxsplit=1)[0]).amount(said)
    assert amount is None or amount >= 0


@given(st.text())
def test_any_text_is_a_predicate_or_a_mistake(text: str) -> None:
    """Reading raises nothing but what the config reports."""
    with suppress(ValueError):
        assert parse(text).text == text.strip()
