"""OpenAPI 3.0.4's "Style Examples", read backwards: what stands on the wire is the value that the table begins with."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from worker.sandbox import Contract, Sandbox
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

EMPTY: Final = ({"type": "string"}, "")
STRING: Final = ({"type": "string"}, "blue")
ARRAY: Final = ({"type": "array", "items": {"type": "string"}}, ["blue", "black", "brown"])
OBJECT: Final = (
    {"type": "object", "properties": {name: {"type": "integer"} for name in "RGB"}},
    {"R": 100, "G": 200, "B": 150},
)

#: style, explode, value, text: the table's rows from left to right, without what it calls n/a.
TABLE: Final = [
    ("matrix", False, EMPTY, ";color"),
    ("matrix", False, STRING, ";color=blue"),
    ("matrix", False, ARRAY, ";color=blue,black,brown"),
    ("matrix", False, OBJECT, ";color=R,100,G,200,B,150"),
    ("matrix", True, EMPTY, ";color"),
    ("matrix", True, STRING, ";color=blue"),
    ("matrix", True, ARRAY, ";color=blue;color=black;color=brown"),
    ("matrix", True, OBJECT, ";R=100;G=200;B=150"),
    ("label", False, EMPTY, "."),
    ("label", False, STRING, ".blue"),
    ("label", False, ARRAY, ".blue,black,brown"),
    ("label", False, OBJECT, ".R,100,G,200,B,150"),
    ("label", True, EMPTY, "."),
    ("label", True, STRING, ".blue"),
    ("label", True, ARRAY, ".blue.black.brown"),
    ("label", True, OBJECT, ".R=100.G=200.B=150"),
    ("simple", False, EMPTY, ""),
    ("simple", False, STRING, "blue"),
    ("simple", False, ARRAY, "blue,black,brown"),
    ("simple", False, OBJECT, "R,100,G,200,B,150"),
    ("simple", True, EMPTY, ""),
    ("simple", True, STRING, "blue"),
    ("simple", True, ARRAY, "blue,black,brown"),
    ("simple", True, OBJECT, "R=100,G=200,B=150"),
    ("form", False, EMPTY, "color="),
    ("form", False, STRING, "color=blue"),
    ("form", False, ARRAY, "color=blue,black,brown"),
    ("form", False, OBJECT, "color=R,100,G,200,B,150"),
    ("form", True, EMPTY, "color="),
    ("form", True, STRING, "color=blue"),
    ("form", True, ARRAY, "color=blue&color=black&color=brown"),
    ("form", True, OBJECT, "R=100&G=200&B=150"),
    ("spaceDelimited", False, ARRAY, "color=blue%20black%20brown"),
    ("spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
    ("pipeDelimited", False, ARRAY, "color=blue%7Cblack%7Cbrown"),
    ("pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("deepObject", True, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
]


def asked(ask: Ask, where: str, text: str, **declared: Any) -> int:
    """What a request with this text gets where the parameter ``color`` is declared so."""
    path = "/x/{color}" if where == "path" else "/x"
    described = {"name": "color", "in": where, "required": True, **declared}
    operation = {"parameters": [described], "responses": {"200": {"description": "good"}}}
    sandbox = Sandbox(Contract.of({"openapi": "3.1.0", "paths": {path: {"get": operation}}}))
    target = {"path": f"/x/{text}", "query": f"/x?{text}"}.get(where, "/x")
    headers = {"header": {"color": text}, "cookie": {"cookie": text}}.get(where, {})
    return ask(sandbox, "GET", target, headers=headers).answer.status


def places(style: str) -> tuple[str, ...]:
    """Where parameters of this style can stand."""
    listed = {"simple": ("path", "header"), "form": ("query", "cookie"), "label": ("path",), "matrix": ("path",)}
    return listed.get(style, ("query",))


@pytest.mark.parametrize(
    ("where", "style", "explode", "value", "text"),
    [(where, *row) for row in TABLE for where in places(row[0]) if (where, row[3]) != ("path", "")],
)
def test_the_text_of_the_table_is_read_as_its_value(
    ask: Ask, where: str, style: str, value: tuple[Any, Any], text: str, *, explode: bool
) -> None:
    """And as no other. A path has no empty segment."""
    schema, expected = value
    style_of = {"style": style, "explode": explode}
    assert asked(ask, where, text, schema={**schema, "const": expected}, **style_of) == 200
    assert asked(ask, where, text, schema={**schema, "not": {"const": expected}}, **style_of) in (400, 422)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "object"}, "color[a]=1&color[b]=x+y", {"a": "1", "b": "x y"}),
        ({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "integer"}}}}},
         "color[a][b]=1", {"a": {"b": 1}}),
        ({"type": "array", "items": {"type": "integer"}}, "color[0]=1&color[1]=2", [1, 2]),
        ({"type": "array", "items": {"type": "integer"}}, "color[1]=2&color[0]=1", [1, 2]),
        ({"type": "array", "items": {"type": "integer"}}, "color[]=1&color[]=2", [1, 2]),
        ({"type": "array", "items": {"type": "integer"}}, "color[]=1", [1]),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, "color[a]=1&color[a]=2", {"a": ["1", "2"]}),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, "color[a]=1", {"a": ["1"]}),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, "color[a][]=1", {"a": ["1"]}),
        ({"type": "array", "items": {"type": "object"}}, "color[0][n]=1&color[0][m]=2&color[1][n]=3",
         [{"n": "1", "m": "2"}, {"n": "3"}]),
        ({"type": "object"}, "color[0]=1", {"0": "1"}),
        ({"type": "object", "properties": {"a": {"type": ["integer", "null"]}}}, "color[a]=", {"a": None}),
        ({"type": "object"}, "color%5Ba%26b%5D=%5B", {"a&b": "["}),
    ],
)  # fmt: skip
def test_deep_objects_go_as_deep_as_they_go(ask: Ask, schema: dict[str, Any], text: str, value: Any) -> None:
    """Nested, as lists by index or by empty brackets, each leaf by its own schema's type."""
    declared = {"style": "deepObject", "explode": True}
    assert asked(ask, "query", text, schema={**schema, "const": value}, **declared) == 200


@pytest.mark.parametrize(
    "text",
    [
        "color[a=1", "color[a]b=1", "color[a]]=1", "color[[a]]=1", "color[a]=1&color[a][b]=2",
        "color[a][b]=2&color[a]=1", "color" + "[a]" * 65 + "=1", "color[a]=%zz", "color[a]=%FF",
        "color[0]=1&color[2]=3",
    ],
)  # fmt: skip
def test_brackets_that_make_no_object_are_refused(ask: Ask, text: str) -> None:
    """They do not match, contradict each other, go too deep, or leave a gap in a list."""
    schema = {"type": "array"} if "[2]" in text else {"type": "object"}
    assert asked(ask, "query", text, schema=schema, style="deepObject", explode=True) in (400, 422)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "number"}, "1.5e3", 1500.0),
        ({"type": "number"}, "-0.5", -0.5),
        ({"type": "number"}, "1e-300", 1e-300),
        ({"type": ["boolean", "string"]}, "true", True),
        ({"type": ["boolean", "string"]}, "True", "True"),
        ({"type": ["integer", "null"]}, "", None),
        ({"$ref": "#/components/schemas/N"}, "17", 17),
        ({"allOf": [{"$ref": "#/components/schemas/N"}, {"minimum": 3}]}, "17", 17),
        ({"oneOf": [{"type": "integer", "maximum": 9}, {"type": "string", "pattern": "^1"}]}, "17", "17"),
        ({"anyOf": [{"type": "boolean"}, {"type": "integer"}]}, "17", 17),
        ({"enum": [17, "x"]}, "17", 17),
        ({}, "17", 17),
        ({}, "17", "17"),
        ({"not": {"type": "string"}}, "17", 17),
        ({"type": ["array", "string"], "items": {"type": "integer"}}, "1,2", [1, 2]),
        ({"type": ["array", "string"], "items": {"type": "integer"}}, "1,x", "1,x"),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}]}, "1,true", [1, True]),
        ({"type": "array", "items": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]}}, "1,true", [1, True]),
        ({"type": "array", "items": {"type": "object"}}, "%7B%22a%22:1%7D", [{"a": 1}]),
        ({"type": "object", "properties": {"a": {"type": "object"}}}, "a,%7B%22b%22:1%7D", {"a": {"b": 1}}),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, "a,[1]", {"a": [1]}),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, "a,1", {"a": ["1"]}),
        ({"type": "array"}, "", []),
        ({"type": "string"}, "a%2Cb%20c%2B", "a,b c+"),
        ({"type": "array"}, "a%2Cb,c", ["a,b", "c"]),
        ({"if": {"const": "x"}, "else": {"type": "integer"}}, "17", 17),
    ],
)
def test_a_text_has_the_type_that_its_schema_wants(ask: Ask, schema: dict[str, Any], text: str, value: Any) -> None:
    """Through references and branches; one reading that the schema accepts is enough."""
    described = {"name": "v", "in": "query", "explode": False, "schema": {"allOf": [schema, {"const": value}]}}
    root = {
        "openapi": "3.1.0",
        "components": {"schemas": {"N": {"type": "integer"}}},
        "paths": {"/x": {"get": {"parameters": [described]}}},
    }
    assert ask(Sandbox(Contract.of(root)), "GET", f"/x?v={text}").answer.status == 200


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer"}, "1.0"),
        ({"type": "integer"}, "+1"),
        ({"type": "integer"}, "%201"),
        ({"type": "integer"}, "\u0661"),
        ({"type": "integer"}, "9" * 400),
        ({"type": "number"}, "1e999"),
        ({"type": "number"}, "NaN"),
        ({"type": "number"}, ".5"),
        ({"type": "boolean"}, "1"),
        ({"type": "null"}, "null"),
        ({"type": "integer"}, ""),
        ({"type": "object"}, "a,1,b"),
        ({"type": "array", "items": {"type": "integer"}}, "1,,2"),
        ({"type": "array", "items": {"type": "object"}}, "a"),
    ],
)
def test_a_text_that_only_nearly_fits_is_refused(ask: Ask, schema: dict[str, Any], text: str) -> None:
    """The strict reading, as a strict API's."""
    assert asked(ask, "query", f"color={text}", schema=schema, explode=False) in (400, 422)


@pytest.mark.parametrize(
    ("where", "declared", "text"),
    [
        ("path", {"style": "matrix", "schema": {"type": "string"}}, ";colour=blue"),
        ("path", {"style": "matrix", "schema": {"type": "string"}}, "color=blue"),
        ("path", {"style": "matrix", "schema": {"type": "array"}, "explode": True}, ";color=a;colour=b"),
        ("path", {"style": "label", "schema": {"type": "string"}}, "blue"),
        ("path", {"style": "label", "schema": {"type": "object"}, "explode": True}, ".R.100"),
        ("path", {"schema": {"type": "object"}, "explode": True}, "R=1,G"),
        ("header", {"schema": {"type": "object"}}, "R,1,G"),
        ("cookie", {"schema": {"type": "string"}}, "color=a; color=b"),
        ("cookie", {"schema": {"type": "string"}}, "colour=a"),
    ],
)
def test_a_text_in_another_style_is_400(ask: Ask, where: str, declared: dict[str, Any], text: str) -> None:
    """A mark or a name is missing, a name has no value, it stands there twice, or not at all."""
    assert asked(ask, where, text, **declared) == 400


def test_a_cookie_of_several_values_can_be_several_cookies(ask: Ask) -> None:
    """As cookies do, beside what the form style writes."""
    schema, value = ARRAY
    text = "color=blue; color=black; color=brown; other=1"
    assert asked(ask, "cookie", text, schema={**schema, "const": value}) == 200


def test_a_label_keeps_the_dots_of_a_single_value(ask: Ask) -> None:
    """Only lists and objects are taken apart at them."""
    assert asked(ask, "path", ".1.5", schema={"type": "number", "const": 1.5}, style="label", explode=True) == 200


@pytest.mark.parametrize(
    ("media", "schema", "text", "status"),
    [
        ("application/json", {"type": "object", "required": ["a"]}, "%7B%22a%22:1%7D", 200),
        ("application/json", {"type": "object", "required": ["a"]}, "%7B%7D", 422),
        ("application/json", {"type": "object"}, "%7B", 400),
        ("application/problem+json", {"type": "integer"}, "17", 200),
        ("application/json", {"type": "string"}, "17", 422),
        ("text/plain", {"type": "string", "maxLength": 2}, "abc", 422),
        ("text/plain", {"type": "string"}, "a,b", 200),
        ("application/xml", {"type": "object"}, "%3Ca/%3E", 200),
        ("application/json", {"type": "array"}, "[" * 2000, 400),
    ],
)
def test_a_parameter_can_be_a_text_of_some_media_type(
    ask: Ask, media: str, schema: dict[str, Any], text: str, status: int
) -> None:
    """``content`` instead of ``schema``: JSON is judged, what we cannot look into is let through."""
    assert asked(ask, "query", f"color={text}", content={media: {"schema": schema}}) == status


def test_a_json_parameter_may_stand_anywhere(ask: Ask) -> None:
    """In a header, a cookie and a path too."""
    content = {"application/json": {"schema": {"const": {"a": [1]}}}}
    assert asked(ask, "header", '{"a": [1]}', content=content) == 200
    assert asked(ask, "cookie", "color={%22a%22:[1]}", content=content) == 200
    assert asked(ask, "path", "%7B%22a%22:[1]%7D", content=content) == 200


@pytest.mark.parametrize(("text", "status"), [("color=", 200), ("color", 200), ("color=x", 422), ("", 400)])
def test_an_empty_value_is_good_where_the_contract_allows_it(ask: Ask, text: str, status: int) -> None:
    """``allowEmptyValue``, whatever the schema says; absent is another matter."""
    assert asked(ask, "query", text, schema={"type": "integer"}, allowEmptyValue=True) == status


@pytest.mark.parametrize("allowed", [True, False])
def test_reserved_characters_mean_the_same_escaped_and_as_they_are(ask: Ask, *, allowed: bool) -> None:
    """``allowReserved`` is about writing; a plus is a space either way."""
    schema = {"type": "string", "const": "a/b?c:d@e f;g"}
    for text in ("color=a/b?c:d@e+f;g", "color=a%2Fb%3Fc%3Ad%40e%20f%3Bg"):
        assert asked(ask, "query", text, schema=schema, allowReserved=allowed) == 200


@pytest.mark.parametrize(
    ("additional", "target", "status"),
    [
        ({"additionalProperties": {"type": "integer"}}, "/x?R=1&other=2", 200),
        ({"additionalProperties": {"type": "integer"}}, "/x?R=1&other=x", 422),
        ({"additionalProperties": False}, "/x?R=1&other=2", 400),
        ({}, "/x?R=1&other=2", 200),
        ({}, "/x?n=1&other=2", 422),
        ({}, "/x?n=1", 200),
    ],
)
def test_an_exploded_object_owns_the_names_that_nobody_else_has(
    ask: Ask, additional: dict[str, Any], target: str, status: int
) -> None:
    """Unless it allows no further properties."""
    spread = {"type": "object", "properties": {"R": {"type": "integer"}}, "required": ["R"], **additional}
    listed = [
        {"name": "spread", "in": "query", "schema": spread},
        {"name": "n", "in": "query", "schema": {"type": "integer"}},
    ]
    sandbox = Sandbox(Contract.of({"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": listed}}}}))
    assert ask(sandbox, "GET", target).answer.status == status
