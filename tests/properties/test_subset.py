"""Inside of the proven subset both engines are of one opinion, and only plain words reach generated code."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.contract import subset
from worker.contract.cache import CodeCache
from worker.contract.schema import Dialect, Schemas

_NAMES: Final = ["a", "b", "ab", "a_b", "a_len", "a_keys", "a_item", "missing", "missing_keys", "a__b", "data", "class"]
_WORDS: Final = ["", "a", "red", "x y", "1"]
_SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.0, 1.0, 1.5, -2.0, 1e300, 2**53, 2**63]),
    st.sampled_from([*_WORDS, "äöü", "😀😀"]),
)
INSTANCES: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=8,
)
_TYPES: Final = st.sampled_from(["string", "number", "integer", "boolean", "null", "object", "array"])


def _schema(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    many = st.lists(inner, min_size=1, max_size=3)
    count = st.integers(0, 3)
    bound = st.integers(-2, 2)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": _TYPES | st.lists(_TYPES, min_size=1, max_size=3, unique=True),
        "enum": st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3, unique=True),
        "required": st.lists(st.sampled_from(_NAMES), min_size=1, max_size=2, unique=True),
        "properties": st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3),
        "items": inner,
        "additionalProperties": st.booleans() | inner,
        "not": inner,
        "format": st.sampled_from(["int32", "double", "password"]),
        "title": st.text(max_size=3),
        "default": _SCALARS,
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), many),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), count),
        **dict.fromkeys(("minimum", "maximum"), bound),
    }
    return st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: keywords[name] for name in chosen})
    )


_REFERENCE: Final = st.sampled_from([{"$ref": "urn:t#/definitions/one"}, {"$ref": "urn:t#/definitions/two"}])
SCHEMAS: Final = st.recursive(st.just({}) | _REFERENCE | _schema(st.just({})), _schema, max_leaves=6)


def _aimed(schema: Any) -> st.SearchStrategy[Any]:
    """Values that have a good chance to satisfy a schema: chance alone mostly makes such as do not."""
    if not isinstance(schema, dict):
        return INSTANCES
    if "enum" in schema:
        words: st.SearchStrategy[Any] = st.sampled_from(schema["enum"])
        return words
    branches = schema.get("allOf") or schema.get("anyOf") or schema.get("oneOf")
    if branches:
        return st.one_of([_aimed(inner) for inner in branches])
    return st.one_of([_OF_TYPE[kind](schema) for kind in _types(schema)])


def _types(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type")
    implied = (
        ["object"] if {"properties", "required"} & schema.keys() else ["array"] if "items" in schema else ["number"]
    )
    return kind if isinstance(kind, list) else [kind] if kind else implied


def _object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    described = schema.get("properties", {})
    needed = {name: _aimed(described.get(name)) for name in schema.get("required", [])}
    optional = {name: _aimed(inner) for name, inner in described.items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=optional)


def _array(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least = schema.get("minItems", 0)
    return st.lists(_aimed(schema.get("items")), min_size=least, max_size=max(least, schema.get("maxItems", 3)))


_OF_TYPE: Final[dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]]] = {
    "null": lambda _: st.none(),
    "boolean": lambda _: st.booleans(),
    "integer": lambda schema: st.integers(schema.get("minimum", -3), max(schema.get("maximum", 3), 3)),
    "number": lambda schema: st.floats(schema.get("minimum", -3), max(schema.get("maximum", 3), 3)),
    "string": lambda schema: st.text(min_size=schema.get("minLength", 0), max_size=schema.get("minLength", 0) + 2),
    "object": _object,
    "array": _array,
}


@settings(max_examples=400, deadline=None)
@example(
    "draft7",
    {"properties": {"a": {"type": "array", "minItems": 1}, "a_len": {"maximum": 1}}},
    {},
    [{"a": [1, 2], "a_len": 2}],
)
@example("draft7", {"required": ["a"], "additionalProperties": False}, {}, [{"a": 1}, {}])
@given(
    st.sampled_from(["draft4", "draft6", "draft7", "2019-09", "2020-12"]),
    SCHEMAS,
    SCHEMAS,
    st.lists(INSTANCES, min_size=1, max_size=6),
)
def test_both_engines_agree(dialect: Dialect, schema: Any, other: Any, instances: list[Any]) -> None:
    """A value that fastjsonschema passes is passed by jsonschema-rs, and the other way round."""
    documents = {"urn:t": {"definitions": {"one": other, "two": {"items": {"$ref": "#/definitions/one"}}}}}
    auto = Schemas(documents, dialect).compile(schema)
    strict = Schemas(documents, dialect, "jsonschema-rs").compile(schema)
    before = repr(instances)
    assert [auto.is_valid(one) for one in instances] == [strict.is_valid(one) for one in instances]
    assert [not strict.errors(one) for one in instances] == [strict.is_valid(one) for one in instances]
    assert repr(instances) == before


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["draft4", "draft6", "draft7", "2019-09", "2020-12"]), SCHEMAS, st.data())
def test_both_engines_agree_on_what_is_meant_to_be_valid(dialect: Dialect, schema: Any, data: st.DataObject) -> None:
    """And on the same with one thing changed, which may or may not be."""
    documents = {
        "urn:t": {"definitions": {"one": {"type": "integer"}, "two": {"items": {"$ref": "#/definitions/one"}}}}
    }
    auto = Schemas(documents, dialect).compile(schema)
    strict = Schemas(documents, dialect, "jsonschema-rs").compile(schema)
    value = data.draw(_aimed(schema))
    values = [value, [value], {"a": value}]
    if isinstance(value, dict):
        values += [value | {data.draw(st.sampled_from(_NAMES)): data.draw(_SCALARS)}, dict(list(value.items())[1:])]
    if isinstance(value, list):
        values += [[*value, data.draw(_SCALARS)], value[1:]]
    assert [auto.is_valid(one) for one in values] == [strict.is_valid(one) for one in values]


@settings(max_examples=150, deadline=None)
@given(st.integers(-5, 5), st.sampled_from(["exclusiveMinimum", "exclusiveMaximum"]), st.integers(-5, 5))
def test_exclusive_bounds_agree_in_each_dialects_own_form(bound: int, keyword: str, value: int) -> None:
    """A flag beside the bound in Draft 4, a bound of its own in all that follow."""
    plain = keyword.replace("exclusive", "").lower()
    for dialect, schema in (("draft4", {plain: bound, keyword: True}), ("draft7", {keyword: bound})):
        both = [Schemas({}, dialect, engine).compile(schema) for engine in ("auto", "jsonschema-rs")]  # type: ignore[arg-type]
        assert both[0].engine == "fastjsonschema"
        assert both[0].is_valid(value) == both[1].is_valid(value)


_HOSTILE: Final = st.text(st.sampled_from(list("\"'\n\r{}\\%a\0\u2028")), min_size=1)


class _Seen(CodeCache):
    """A cache that keeps nothing, and remembers what was generated."""

    def __init__(self) -> None:
        super().__init__(None)
        self.sources: list[str] = []

    def get(self, key: str, make: Any) -> str:
        source = super().get(key, make)
        self.sources.append(source)
        return source


@settings(max_examples=200, deadline=None)
@given(_HOSTILE, st.sampled_from(["properties", "required", "enum", "title", "x-note", "default", "$comment"]))
def test_no_word_that_needs_escaping_reaches_generated_code(word: str, keyword: str) -> None:
    """Whatever a contract's author calls things, what we run is made of plain names and plain words."""
    values: dict[str, Any] = {"properties": {word: {}}, "required": [word], "enum": [word]}
    seen = _Seen()
    schema = {"type": ["object", "string"], keyword: values.get(keyword, word)}
    Schemas({}, "2020-12", cache=seen).compile(schema)
    if keyword in values:
        assert (not seen.sources) or word == "a" * len(word)
    else:
        plain = _Seen()
        Schemas({}, "2020-12", cache=plain).compile({"type": ["object", "string"]})
        assert seen.sources == plain.sources


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "a"},
        {"format": "date"},
        {"multipleOf": 2},
        {"uniqueItems": True},
        {"const": 1},
        {"enum": [1]},
        {"minimum": 1.5},
        {"properties": {"a": {}, "A": {}}},
        {"patternProperties": {"a": {}}},
        {"prefixItems": [{}]},
        {"unevaluatedProperties": False},
        {"if": {}},
        {"$id": "urn:x"},
        {"contains": {}},
        {"dependentRequired": {"a": ["b"]}},
        {"anything": 1},
    ],
    ids=lambda schema: next(iter(schema)),
)
def test_all_else_goes_to_the_engine_that_is_right_about_it(schema: Any) -> None:
    """A closed list: what is not proven is not tried."""
    with pytest.raises(subset.OutsideError):
        subset.bundle(schema, lambda _: None)
    assert Schemas({}).compile(schema).engine == "jsonschema-rs"
