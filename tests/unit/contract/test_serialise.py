from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.operation import Operation, Parameter, ParameterPlace
from worker.contract.serialise import Serialiser

_ARRAY: Final = ["blue", "black", "brown"]
_OBJECT: Final = {"R": 100, "G": 200, "B": 150}


def _serialiser(
    place: ParameterPlace, style: str, *, explode: bool = False, path: str = "/{color}", name: str = "color"
) -> Serialiser:
    parameter = Parameter(name, place, name, required=False, schema=True, style=style, explode=explode)
    return Serialiser(Operation("op", "GET", path if place == "path" else "/", (parameter,)))


#: OAS 3.0.4, "Style Examples": undefined (here: the empty text), string, array, object; None where it says "n/a".
_EXAMPLES: Final[list[tuple[str, bool, tuple[str | None, ...]]]] = [
    ("matrix", False, (";color", ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150")),
    ("matrix", True, (";color", ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150")),
    ("label", False, (".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150")),
    ("label", True, (".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150")),
    ("simple", False, ("", "blue", "blue,black,brown", "R,100,G,200,B,150")),
    ("simple", True, ("", "blue", "blue,black,brown", "R=100,G=200,B=150")),
    ("form", False, ("?color=", "?color=blue", "?color=blue,black,brown", "?color=R,100,G,200,B,150")),
    ("form", True, ("?color=", "?color=blue", "?color=blue&color=black&color=brown", "?R=100&G=200&B=150")),
    ("spaceDelimited", False, (None, None, "?color=blue%20black%20brown", "?color=R%20100%20G%20200%20B%20150")),
    ("spaceDelimited", True, (None, None, None, None)),
    ("pipeDelimited", False, (None, None, "?color=blue%7Cblack%7Cbrown", "?color=R%7C100%7CG%7C200%7CB%7C150")),
    ("pipeDelimited", True, (None, None, None, None)),
    ("deepObject", False, (None, None, None, None)),
    ("deepObject", True, (None, None, None, "?color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150")),
]


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        (style, explode, value, written)
        for style, explode, row in _EXAMPLES
        for value, written in zip(("", "blue", _ARRAY, _OBJECT), row, strict=True)
        if written is not None
    ],
)
def test_values_are_written_as_the_style_examples_say(style: str, explode: Any, value: Any, written: str) -> None:
    """Every row and column of the table that is defined."""
    place: ParameterPlace = "path" if style in {"matrix", "label", "simple"} else "query"
    assert _serialiser(place, style, explode=explode).target({"color": value}) == f"/{written}"


@pytest.mark.parametrize(
    ("style", "value", "written"),
    [
        ("json", _OBJECT, "?color=%7B%22R%22%3A100%2C%22G%22%3A200%2C%22B%22%3A150%7D"),
        ("form", [], ""),
        ("form", {}, ""),
    ],
)
def test_what_has_content_is_json_and_an_empty_list_is_nothing(style: str, value: Any, written: str) -> None:
    """Neither is in the table."""
    assert _serialiser("query", style, explode=True).target({"color": value}) == f"/{written}"


def test_headers_and_cookies_have_one_style_each() -> None:
    """Simple and form."""
    header, cookie = _serialiser("header", "simple"), _serialiser("cookie", "form")
    assert header.headers({"color": _ARRAY}) == {"color": "blue,black,brown"}
    assert header.headers({"color": _OBJECT}) == {"color": "R,100,G,200,B,150"}
    assert cookie.headers({"color": _ARRAY}) == {"Cookie": "color=blue,black,brown"}
    assert cookie.headers({"color": "a; b=c"}) == {"Cookie": "color=a%3B%20b%3Dc"}
    assert cookie.headers({}) == {}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (None, "null"),
        (3.0, "3"),
        (1.5, "1.5"),
        (-7, "-7"),
        (1e300, "1e%2B300"),
        ({"a": 1}, "a,1"),
        ("ä/?#&", "%C3%A4%2F%3F%23%26"),
    ],
)
def test_values_are_written_as_json_writes_them_and_encoded(value: Any, written: str) -> None:
    """A whole number without its point: servers that ask for one take no other text."""
    assert _serialiser("path", "simple").target({"color": value}) == f"/{written}"


def test_what_is_not_given_is_not_written() -> None:
    """Nor is a question mark."""
    assert _serialiser("query", "form").target({}) == "/"


_ANY: Final = (
    st.text()
    | st.lists(st.text(max_size=4), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)
)
_STYLES: Final = st.sampled_from(["simple", "label", "matrix", "json", "text"])
_TEMPLATES: Final = st.sampled_from(
    ["/a/{color}/b", "/{color}", "/a/{color}", "/a/x{color}", "/a/{color}.json", "/a/.{color}"]
)


@given(_ANY, _STYLES, st.booleans(), _TEMPLATES)
def test_no_value_can_leave_its_place_in_the_path(value: Any, style: str, explode: Any, template: str) -> None:
    """Same scheme, host and number of segments, none of them a dot or two; or else it is refused."""
    serialiser = _serialiser("path", style, explode=explode, path=template)
    if serialiser.faults({"color": value}):
        return
    base = "https://api.example:8443/v1"
    parts = urlsplit(base + serialiser.target({"color": value}))
    segments = parts.path.split("/")
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "api.example:8443", "", "")
    assert len(segments) == len(f"/v1{template}".split("/"))
    assert not {"", ".", ".."} & set(segments[1:])


@pytest.mark.parametrize(
    ("style", "value"),
    [
        ("simple", ""),
        ("simple", "."),
        ("simple", ".."),
        ("simple", [".."]),
        ("simple", []),
        ("label", ""),
        ("label", ["", ""]),
        ("label", "."),
        ("matrix", {}),
    ],
)
def test_a_value_that_would_change_the_path_is_refused(style: str, value: Any) -> None:
    """Dots are not encoded, and servers go up by two of them."""
    faults = _serialiser("path", style, explode=True).faults({"color": value})
    assert [(one.pointer, one.rule, one.place) for one in faults] == [("#/params/color", "path-segment", "path")]


def test_two_values_cannot_make_dots_together() -> None:
    """Each alone would pass."""
    both = tuple(Parameter(one, "path", one, required=True, schema=True, style="simple", explode=False) for one in "ab")
    serialiser = Serialiser(Operation("op", "GET", "/x/.{a}{b}", both))
    assert [one.pointer for one in serialiser.faults({"a": "", "b": ""})] == ["#/params/a", "#/params/b"]
    assert not serialiser.faults({"a": "1", "b": "2"})


@given(st.text(), st.sampled_from(["form", "pipeDelimited", "deepObject", "json"]), st.booleans())
def test_no_value_can_leave_its_place_in_the_query(value: str, style: str, explode: Any) -> None:
    """One pair stays one pair."""
    target = _serialiser("query", style, explode=explode).target({"color": value})
    assert target.count("&") == 0
    assert target.count("=") == 1
    assert "#" not in target


@given(st.text())
def test_a_header_holds_one_line_of_ascii_or_is_refused(value: str) -> None:
    """Line breaks would start another header."""
    serialiser = _serialiser("header", "simple", name="X-Color")
    written = serialiser.headers({"X-Color": value})["X-Color"]
    fine = written.isascii() and written == written.strip() and all(one.isprintable() or one == "\t" for one in written)
    assert (not serialiser.faults({"X-Color": value})) is fine


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "\0", "ä", " a", ["a", "b\n"], {"a\n": 1}])
def test_header_injection_is_refused_whatever_the_value_is_made_of(value: Any) -> None:
    """In lists and in names too."""
    faults = _serialiser("header", "simple", name="X-Color").faults({"X-Color": value})
    assert [(one.pointer, one.place) for one in faults] == [("#/params/X-Color", "header")]
