"""What values become, beside OpenAPI's own table: nested ones, content, and all that cannot be written."""

import json
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.operation import Operation, Parameter, ParameterPlace
from worker.contract.serialise import Serialiser

_OTHER: Final = Parameter("other", "query", "other", required=False, schema=True, style="form", explode=True)
_COOKIE: Final = Parameter("sid", "cookie", "sid", required=False, schema=True, style="form", explode=True)


def _serialiser(style: str = "form", place: ParameterPlace = "query", name: str = "p", **more: Any) -> Serialiser:
    settings: dict[str, Any] = {"required": False, "explode": True, **more}
    parameter = Parameter(name, place, name, schema=True, style=style, **settings)
    return Serialiser(Operation("op", "GET", "/x/{p}" if place == "path" else "/", (parameter, _OTHER, _COOKIE)))


def _query(value: Any, style: str = "form", name: str = "p", **more: Any) -> str:
    return urlsplit(_serialiser(style, name=name, **more).target({name: value})).query


def _rules(value: Any, style: str = "form", place: ParameterPlace = "query", **more: Any) -> list[tuple[str, str]]:
    return [(one.pointer, one.rule) for one in _serialiser(style, place, **more).faults({"p": value})]


def test_deep_objects_are_named_all_the_way_down() -> None:
    """OpenAPI leaves it undefined; this is what PHP, Rails, qs and Stripe read."""
    value = {"a": {"b": 1, "c": True}, "list": ["x", {"y": 2.0}]}
    assert parse_qsl(_query(value, "deepObject")) == [
        ("p[a][b]", "1"),
        ("p[a][c]", "true"),
        ("p[list][0]", "x"),
        ("p[list][1][y]", "2"),
    ]


def test_what_is_nested_elsewhere_is_json() -> None:
    """Undefined as well; a reader sees at least what was meant."""
    assert parse_qsl(_query([{"a": [1]}, [2]])) == [("p", '{"a":[1]}'), ("p", "[2]")]
    assert parse_qsl(_query({"r": [1, 2]})) == [("r", "[1,2]")]


@pytest.mark.parametrize("name", ["filter[name]", "$top", "a&b", "a=b", "ü", "a b", "a#", "x.y"])
def test_a_name_is_read_back_as_it_is(name: str) -> None:
    """Whatever a contract calls its parameters."""
    assert parse_qsl(_query("v", name=name)) == [(name, "v")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1"),
        (0.1, "0.1"),
        (2**64 + 1, "18446744073709551617"),
        (-(2.0**53), "-9007199254740992"),
        (1e21, "1e+21"),
    ],
)
def test_single_values_are_written_as_json_writes_them(value: Any, text: str) -> None:
    """But for whole numbers, which have no point."""
    assert parse_qsl(_query(value)) == [("p", text)]
    assert not _rules(value)


def test_reserved_characters_stay_where_the_contract_allows_them() -> None:
    """But for those by which a value would end, or become another."""
    assert _query("a/b?c:d@e!f$g'h(i)j*k,l", allow_reserved=True) == "p=a/b?c:d@e!f$g'h(i)j*k,l"
    assert _query("#[]&=+;%41 ", allow_reserved=True) == "p=%23%5B%5D%26%3D%2B%3B%2541%20"
    assert _query(["a,b", "c/d"], explode=False, allow_reserved=True) == "p=a%2Cb,c/d"
    assert _query({"a/b": "c/d"}, allow_reserved=True) == "a%2Fb=c/d"


def test_content_is_json_or_the_text_itself() -> None:
    """Percent-encoded in a URL, as it is in a header; there all but ASCII is escaped."""
    assert _query("ü", "json") == "p=%22%C3%BC%22"
    assert _query("a b", "text") == "p=a%20b"
    assert _serialiser("json", "path").target({"p": [1]}) == "/x/%5B1%5D"
    assert _serialiser("text", "path").target({"p": "a/b"}) == "/x/a%2Fb"
    assert _serialiser("json", "header").headers({"p": {"a": "ü\n"}}) == {"p": '{"a":"\\u00fc\\n"}'}
    assert _serialiser("text", "header").headers({"p": "a, b"}) == {"p": "a, b"}
    assert _serialiser("text", "cookie").headers({"p": "a=b:c"}) == {"Cookie": "p=a=b:c"}
    assert not _rules({"a": None, "b": []}, "json")
    assert not _rules({"a": "ü\n"}, "json", "header")


def test_each_pair_of_a_cookie_is_a_cookie() -> None:
    """OAS 3.0.4, Appendix D: an ampersand does not separate cookies."""
    assert _serialiser("form", "cookie").headers({"p": ["a", "b;c"]}) == {"Cookie": "p=a; p=b%3Bc"}
    both = _serialiser("form", "cookie").headers({"p": {"x": 1}, "sid": "2"})
    assert both == {"Cookie": "x=1; sid=2"}


@pytest.mark.parametrize(
    ("style", "place", "value", "pointer"),
    [
        ("form", "query", None, "#/params/p"),
        ("text", "query", None, "#/params/p"),
        ("simple", "header", None, "#/params/p"),
        ("form", "cookie", None, "#/params/p"),
        ("simple", "path", None, "#/params/p"),
        ("form", "query", ["a", None], "#/params/p/1"),
        ("form", "query", {"a": None}, "#/params/p/a"),
        ("deepObject", "query", {"a": {"b~/": [None]}}, "#/params/p/a/b~0~1/0"),
    ],
)
def test_null_is_refused_where_it_has_no_text(style: str, place: ParameterPlace, value: Any, pointer: str) -> None:
    """Whether the text "null" or no text is meant, no server can tell."""
    assert _rules(value, style, place) == [(pointer, "null")]


def test_an_empty_list_is_left_out_unless_something_must_be_there() -> None:
    """What is required and not sent is refused by the API."""
    assert not _rules([])
    assert _serialiser("simple", "header").headers({"p": []}) == {}
    assert _rules([], required=True) == [("#/params/p", "empty")]
    assert _rules({}, "simple", "header", required=True) == [("#/params/p", "empty")]
    assert _rules({"a": {"b": []}, "c": {}}, "deepObject") == [("#/params/p/a/b", "empty"), ("#/params/p/c", "empty")]


@pytest.mark.parametrize(
    ("style", "place", "explode", "value", "pointer"),
    [
        ("spaceDelimited", "query", False, ["a", "b c"], "#/params/p/1"),
        ("pipeDelimited", "query", False, {"a|b": 1}, "#/params/p/a|b"),
        ("label", "path", True, ["a", 1.5], "#/params/p/1"),
    ],
)
def test_an_item_cannot_hold_what_separates_items(
    style: str, place: ParameterPlace, explode: Any, value: Any, pointer: str
) -> None:
    """Once a server has decoded it, it would be two."""
    assert _rules(value, style, place, explode=explode) == [(pointer, "separator")]


@pytest.mark.parametrize(
    ("style", "place", "value"),
    [
        ("form", "query", {"other": 1}),
        ("form", "query", {"other[x]": 1}),
        ("form", "query", {"": 1}),
        ("form", "cookie", {"sid": 1}),
        ("deepObject", "query", {"a][b": 1}),
        ("deepObject", "query", {"": 1}),
    ],
)
def test_no_member_takes_the_name_of_something_else(style: str, place: ParameterPlace, value: Any) -> None:
    """An object that is taken apart could set another parameter."""
    assert [rule for _, rule in _rules(value, style, place)] == ["name"]


@pytest.mark.parametrize("value", [["a,b"], [""], [" a"], {"a,": 1}, {"a=b": 1}, ["ü"], "ü", "a\nb", " "])
def test_a_header_cannot_hold_what_would_be_read_as_something_else(value: Any) -> None:
    """A comma makes two of one; blanks go."""
    assert _rules(value, "simple", "header") == [("#/params/p", "header-value")]


@pytest.mark.parametrize("value", ["a;b", "a b", 'a"', "a,b", "a\\", "ü", "a\r\n"])
def test_the_text_of_a_cookie_cannot_end_it(value: str) -> None:
    """RFC 6265; a parameter without content is percent-encoded instead."""
    assert _rules(value, "text", "cookie") == [("#/params/p", "cookie-value")]
    assert not _rules(value, "form", "cookie")


_NASTY: Final = st.text(st.sampled_from("aZ0ä€ &=+#;%?/[]|,\"'\\\r\n\0\t:@!$()*~.-_{}<>^`"), max_size=6) | st.text(
    max_size=4
)
_NAMES: Final = st.text("abc", min_size=1, max_size=3)
_LISTS: Final = st.lists(_NASTY, min_size=1, max_size=3)
_OBJECTS: Final = st.dictionaries(_NAMES | _NASTY, _NASTY, min_size=1, max_size=3)


@given(_NASTY | _LISTS | _OBJECTS, st.sampled_from(["form", "deepObject", "json", "text"]), st.booleans())
def test_exploded_values_are_read_back(value: Any, style: str, reserved: Any) -> None:
    """By a parser that is not ours; and by those that split at semicolons, still as one."""
    if _rules(value, style, allow_reserved=reserved):
        return
    target = _serialiser(style, allow_reserved=reserved).target({"p": value})
    url = urlsplit(f"https://api.example{target}")
    assert (url.path, url.fragment) == ("/", "")
    found = parse_qsl(url.query, keep_blank_values=True, strict_parsing=True)
    assert ";" not in url.query
    match style, value:
        case "json", _:
            assert [(name, json.loads(text)) for name, text in found] == [("p", value)]
        case "text", list() | dict():
            assert [(name, json.loads(text)) for name, text in found] == [("p", value)]
        case _, list():
            names = [f"p[{at}]" for at in range(len(value))] if style == "deepObject" else ["p"] * len(value)
            assert found == list(zip(names, value, strict=True))
        case _, dict():
            assert found == [(f"p[{key}]" if style == "deepObject" else key, item) for key, item in value.items()]
        case _, _:
            assert found == [("p", value)]


_IN_ONE: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}


@given(_LISTS | _OBJECTS, st.sampled_from(sorted(_IN_ONE)), st.booleans())
def test_values_in_one_piece_are_read_back(value: Any, style: str, reserved: Any) -> None:
    """Taken apart at what separates them, then decoded."""
    if _rules(value, style, explode=False, allow_reserved=reserved):
        return
    name, _, text = _query(value, style, explode=False, allow_reserved=reserved).partition("=")
    flat = value if isinstance(value, list) else [part for pair in value.items() for part in pair]
    assert name == "p"
    assert [unquote(one) for one in text.split(_IN_ONE[style])] == flat
    assert not set("&#;+") & set(text)


@given(_NASTY | _LISTS | _OBJECTS, st.sampled_from(["form", "json", "text"]), st.booleans())
def test_no_value_can_add_a_cookie(value: Any, style: str, explode: Any) -> None:
    """As many cookies as there are pairs, none of them the other's; or else it is refused."""
    serialiser = _serialiser(style, "cookie", explode=explode)
    if serialiser.faults({"p": value}):
        return
    header = serialiser.headers({"p": value, "sid": "1"})["Cookie"]
    cookies = [pair.partition("=") for pair in header.split(";")]
    pairs = len(value) if isinstance(value, list | dict) and explode and style == "form" else 1
    assert len(cookies) == pairs + 1
    assert [name for name, _, _ in cookies].count(" sid") == 1
    assert not set(' "\\\r\n\0') & set("".join(value for _, _, value in cookies))


@given(_LISTS | _OBJECTS, st.booleans())
def test_a_list_in_a_header_is_read_back(value: Any, explode: Any) -> None:
    """Taken apart at commas, as RFC 9110 says; or else it is refused."""
    serialiser = _serialiser("simple", "header", explode=explode)
    if serialiser.faults({"p": value}):
        return
    found = [one.strip() for one in serialiser.headers({"p": value})["p"].split(",")]
    match value:
        case dict() if explode:
            assert dict(one.split("=", 1) for one in found) == value
        case dict():
            assert dict(zip(found[::2], found[1::2], strict=True)) == value
        case _:
            assert found == value
