from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.files import Files
from worker.contract.operation import Content, Encoding
from worker.contract.writing import Written, faults, write

_FORM: Final = "application/x-www-form-urlencoded"


def _write(body: Any, **encodings: Encoding) -> list[tuple[str, str]]:
    content = Content(_FORM, encodings=encodings)
    assert faults(content, body, Files()) == []
    written = write(content, body, Files())
    assert isinstance(written, Written)
    assert written.media_type == _FORM
    text = written.content.decode("ascii")
    return parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []


def _rules(body: Any, **encodings: Encoding) -> list[tuple[str, str]]:
    return [(one.pointer, one.rule) for one in faults(Content(_FORM, encodings=encodings), body, Files())]


def test_a_form_is_written_as_its_members_types_ask_for() -> None:
    """OAS 3.0.4, "Encoding Object": single values as text, lists repeated, objects as JSON."""
    body = {
        "id": "a b+c",
        "n": 3.0,
        "yes": True,
        "tags": ["x", "ü"],
        "address": {"zip": "9+1"},
        "of": [{"a": 1}],
    }
    assert _write(body) == [
        ("id", "a b+c"),
        ("n", "3"),
        ("yes", "true"),
        ("tags", "x"),
        ("tags", "ü"),
        ("address", '{"zip":"9+1"}'),
        ("of", '{"a":1}'),
    ]


def test_a_member_with_a_style_is_written_like_a_parameter() -> None:
    """As Stripe wants its own."""
    deep, comma = Encoding(style="deepObject"), Encoding(style="form", explode=False)
    body = {"items": [{"price": "p1", "quantity": 2}], "metadata": {"a": "b"}, "expand": ["x", "y,z"]}
    assert _write(body, items=deep, metadata=deep, expand=comma) == [
        ("items[0][price]", "p1"),
        ("items[0][quantity]", "2"),
        ("metadata[a]", "b"),
        ("expand", "x,y,z"),
    ]


def test_a_member_that_is_json_by_contract_is_json() -> None:
    """Even text, and even null."""
    as_json = Encoding("application/json")
    assert _write({"a": "x", "b": None, "c": {"d": 1}}, a=as_json, b=as_json, c=as_json) == [
        ("a", '"x"'),
        ("b", "null"),
        ("c", '{"d":1}'),
    ]


@pytest.mark.parametrize(
    ("body", "encodings", "expected"),
    [
        (None, {}, ("#/body", "type")),
        ([1], {}, ("#/body", "type")),
        ({"$base64": "aGk="}, {}, ("#/body", "type")),
        ({"a": None}, {}, ("#/body/a", "null")),
        ({"a": [1, None]}, {}, ("#/body/a/1", "null")),
        ({"a": []}, {}, ("#/body/a", "empty")),
        ({"": 1}, {}, ("#/body/", "name")),
        ({"a": {"b": None}}, {"a": Encoding(style="deepObject")}, ("#/body/a/b", "null")),
        ({"a": {}}, {"a": Encoding(style="deepObject")}, ("#/body/a", "empty")),
        ({"a": {"b": 1}, "b": 2}, {"a": Encoding(style="form")}, ("#/body/a/b", "name")),
        ({"a": {"b": 1}}, {"a": Encoding("application/xml")}, ("#/body/a", "text")),
    ],
)
def test_what_a_form_cannot_say_is_refused(body: Any, encodings: Any, expected: tuple[str, str]) -> None:
    """Each with its place."""
    assert _rules(body, **encodings) == [expected]


def test_a_file_in_a_form_is_its_bytes(tmp_path: Path) -> None:
    """Percent-encoded, whatever style its member has."""
    (tmp_path / "a.txt").write_bytes(b"a&b=\xff")
    content = Content(_FORM, encodings={"f": Encoding(style="form")})
    body = {"f": [{"$file": "a.txt"}], "g": {"$base64": "aGk="}}
    assert write(content, body, Files(tmp_path)) == Written(b"f=a%26b%3D%FF&g=hi", _FORM)


_NASTY: Final = st.text(st.sampled_from("aä&=+#;%?/[]|, \"'\\\r\n\0:@"), max_size=6)
_VALUES: Final = _NASTY | st.integers(-(2**63), 2**63) | st.booleans() | st.dictionaries(_NASTY, _NASTY, max_size=2)


@given(st.dictionaries(_NASTY, _VALUES | st.lists(_VALUES, max_size=3), max_size=4), st.booleans())
def test_no_value_can_add_a_member(body: dict[str, Any], styled: Any) -> None:
    """Every value is read back where it was; or else it is refused."""
    encodings = dict.fromkeys(body, Encoding(style="deepObject", allow_reserved=True)) if styled else {}
    if _rules(body, **encodings):
        return
    expected: list[tuple[str, Any]] = []
    for name, value in body.items():
        if styled:
            expected += _deep(name, value)
        else:
            expected += [(name, one) for one in (value if isinstance(value, list) else [value])]
    assert _write(body, **encodings) == [(name, _text(value)) for name, value in expected]


def _deep(name: str, value: Any) -> list[tuple[str, Any]]:
    match value:
        case list():
            return [pair for at, item in enumerate(value) for pair in _deep(f"{name}[{at}]", item)]
        case dict():
            return [pair for key, item in value.items() for pair in _deep(f"{name}[{key}]", item)]
    return [(name, value)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
