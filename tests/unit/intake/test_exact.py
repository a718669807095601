import json
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.intake import exact
from worker.outcome import Fault


def lost(text: str) -> Fault | None:
    """What is lost of a text."""
    return exact.lost(text.encode(), orjson.loads(text))


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('{"a":1,"a":2}', "#/a"),
        ('{"a" : 1 , "a" : 1}', "#/a"),
        ('{"\\u0061":1,"a":2}', "#/a"),
        ('[{"x":{"a/~":1,"a/~":[]}}]', "#/0/x/a~1~0"),
        ('{"a":"\\u0022","b":"\\u0022","c":0,"c":0}', "#/c"),
        ('{"":0,"":0}', "#/"),
    ],
)
def test_a_member_that_stands_twice_is_found(text: str, pointer: str) -> None:
    """However it is written, wherever it stands."""
    fault = lost(text)
    assert fault is not None
    assert (fault.pointer, fault.rule) == (pointer, "duplicate")


@pytest.mark.parametrize(
    "number",
    [
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "9" * 400 + "e-390",
        "0.12345678901234567890",
        "9007199254740993.0",
        "900719925474099.3",
        "123456789012345678e1",
        "1e-400",
        "-1.5E-0330",
    ],
)
def test_a_number_that_would_be_sent_changed_is_found(number: str) -> None:
    """Nobody would know what was meant."""
    for text in (f'{{"a":{number}}}', f'{{"a": [ {number} ] }}'):
        fault = lost(text)
        assert fault is not None
        assert (fault.rule, number in f"{fault.detail}{fault.hint}") == ("precision", False)


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "-0",
        "-0.0",
        "0.1",
        "1.50",
        "1E5",
        "1e+5",
        "1e-7",
        "1e22",
        "1e23",
        "1.0e300",
        "2.5e-300",
        "0e-999",
        "12.0",
        "9223372036854775807",
        "18446744073709551615",
        "-9223372036854775808",
        "0.10000000000000001",
        "0.30000000000000004",
        "5e-324",
        "1.7976931348623157e308",
        "1e0010",
        "100000000000000000000000",
    ],
)
def test_a_number_that_keeps_its_value_is_good(number: str) -> None:
    """In whatever form it is written."""
    assert lost(f'{{"a":{number}}}') is None
    assert lost(f'{{ "a" : "\\u00e9", "b" : {number} }}') is None


@pytest.mark.parametrize(
    "text",
    [
        '{"a":{"b":1},"b":{"a":1}}',
        '{"a":"b","b":"a"}',
        '{"a":"12345678901234567890123 \\u00e9"}',
        '{"a":"0e000 1e-400 \\/"}',
        '{"a":"\\u0022a\\u0022:1,\\"a\\":1"}',
        "[ 1 ,\t2 ]",
        '"text"',
        "null",
    ],
)
def test_what_only_looks_like_it_is_good(text: str) -> None:
    """Text is text, and one name may stand in two objects."""
    assert lost(text) is None


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON, st.booleans(), st.sampled_from([None, (", ", ": "), (" ,", " :")]), st.sampled_from([None, 1]))
def test_there_is_no_false_alarm(value: Any, ascii_only: bool, separators: Any, indent: Any) -> None:  # noqa: FBT001
    """Another writer's blanks, escapes and floats."""
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators, indent=indent)
    assert lost(text) is None


@given(_JSON, st.booleans(), st.sampled_from([(",", ":"), (" ,", " :")]))
def test_no_second_member_passes(value: Any, ascii_only: bool, separators: Any) -> None:  # noqa: FBT001
    """Two of one name, around any value."""
    inner = json.dumps(value, ensure_ascii=ascii_only, separators=separators)
    comma, colon = separators
    assert lost(f'{{"x"{colon}{inner}{comma}"x"{colon}{inner}}}') is not None


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_a_number_that_passes_is_sent_as_it_was(number: str) -> None:
    """To the last digit, or to the seventeenth, of which no more than a double holds."""
    try:
        value = orjson.loads(number)
    except orjson.JSONDecodeError:
        return
    sent = Decimal(orjson.dumps(value).decode())
    same = sent == Decimal(number) or Decimal(f"{float(number):.17g}") == Decimal(number)
    assert same == (lost(number) is None)


def test_text_that_loses_nothing_is_loaded() -> None:
    """All else is no JSON."""
    assert exact.loads('[1, {"a": 1.50}]') == [1, {"a": 1.5}]
    for text in ('{"a":1,"a":2}', "[1e-400]", "[", "[" * 300 + "]" * 300):
        with pytest.raises(ValueError, match=r"\w"):
            exact.loads(text)
