from collections.abc import Callable
from typing import Any

import pytest

from worker.contract.cache import CodeCache
from worker.contract.schema import Dialect, Engine, Schemas, dialect_of
from worker.errors import ContractError


def test_auto_takes_the_fast_engine_where_it_is_proven_only() -> None:
    """Each engine can also be asked for by name."""
    inside, outside = {"type": "integer"}, {"format": "date"}
    assert [Schemas({}).compile(one).engine for one in (inside, outside)] == ["fastjsonschema", "jsonschema-rs"]
    assert Schemas({}, engine="jsonschema-rs").compile(inside).engine == "jsonschema-rs"
    with pytest.raises(ContractError, match="format date"):
        Schemas({}, engine="fastjsonschema").compile(outside)


class _Counting(CodeCache):
    """A cache that keeps nothing, and counts what is generated."""

    def __init__(self) -> None:
        super().__init__(None)
        self.made = 0

    def get(self, key: str, make: Callable[[], str]) -> str:
        self.made += 1
        return super().get(key, make)


def test_code_is_generated_for_the_first_value_and_once() -> None:
    """Of a large contract's operations most are never used; whoever asks for the engine by name is told at once."""
    cache = _Counting()
    validator = Schemas({}, cache=cache).compile({"type": "integer"})
    assert cache.made == 0
    assert [validator.is_valid(value) for value in (1, "x", 2)] == [True, False, True]
    assert cache.made == 1
    Schemas({}, engine="fastjsonschema", cache=cache).compile({"type": "integer"})
    assert cache.made == 2


@pytest.mark.parametrize("engine", ["auto", "jsonschema-rs"])
@pytest.mark.parametrize("dialect", ["draft4", "draft6", "draft7", "2019-09", "2020-12"])
def test_every_dialect_is_compiled_and_broken_schemas_are_refused(dialect: Dialect, engine: Engine) -> None:
    """With the reason."""
    schemas = Schemas({"urn:t": {"definitions": {"a": {"type": "integer"}}}}, dialect, engine)
    validator = schemas.compile({"properties": {"a": {"$ref": "urn:t#/definitions/a"}}})
    assert validator.is_valid({"a": 1})
    assert not validator.is_valid({"a": "x"})
    assert [one.instance_path for one in validator.errors({"a": "x"})] == [["a"]]
    with pytest.raises(ContractError, match="not a legal JSON Schema"):
        schemas.compile({"type": "nonsense"})


@pytest.mark.parametrize(
    "schema",
    [
        {"required": ["a"], "additionalProperties": False},
        {"$ref": "urn:t#/deep"},
        {"$ref": "urn:t#/named/a"},
        {"properties": {"a": {"$ref": "urn:t#/other"}, "b": {"$ref": "urn:old#/definitions/x"}}},
    ],
    ids=["opinion", "deep", "renamed", "dialects"],
)
def test_what_the_fast_engine_cannot_do_is_done_by_the_other(schema: Any) -> None:
    """Its own opinions, Python's limits, other base addresses, two dialects at once: none of it is an error."""
    deep: Any = {"type": "null"}
    for _ in range(150):
        deep = {"items": deep}
    old = {"$schema": "http://json-schema.org/draft-04/schema#", "definitions": {"x": {"type": "string"}}}
    named = {"$id": "urn:named", "a": {"type": "string"}}
    schemas = Schemas({"urn:t": {"deep": deep, "named": named, "other": {"type": "null"}}, "urn:old": old})
    assert schemas.compile(schema).engine == "jsonschema-rs"


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "http://127.0.0.1:1/a", "urn:other#", "other.json"])
@pytest.mark.parametrize("engine", ["auto", "fastjsonschema", "jsonschema-rs"])
def test_no_reference_leaves_the_set(engine: Engine, reference: str) -> None:
    """Neither from a schema, nor from a document, nor with either engine."""
    for document, schema in (({}, {"$ref": reference}), ({"items": {"$ref": reference}}, {"$ref": "urn:t#"})):
        with pytest.raises(ContractError):
            Schemas({"urn:t": document}, engine=engine).compile(schema)


def test_a_pattern_that_explodes_is_cut_short() -> None:
    """Linear time where patterns look neither around nor back, a bound where they do."""
    for pattern in ("^(a+)+$", "^(?=a)(a+)+$"):
        validator = Schemas({}).compile({"pattern": pattern})
        assert validator.is_valid("aaa")
        assert not validator.is_valid("a" * 5000 + "b")


def test_a_value_deeper_than_python_goes_is_judged_all_the_same() -> None:
    """By the engine that is not Python's."""
    value: Any = 1
    for _ in range(900):
        value = [value]
    validator = Schemas({"urn:t": {"items": {"$ref": "#"}, "type": "array"}}).compile({"$ref": "urn:t#"})
    assert validator.engine == "fastjsonschema"
    assert not validator.is_valid(value)


@pytest.mark.parametrize("declared", ["https://json-schema.org/draft/2099-01/schema", 5, ""])
def test_a_dialect_that_is_not_known_is_refused_by_name(declared: Any) -> None:
    """Instead of being taken for another."""
    with pytest.raises(ContractError, match="not supported"):
        dialect_of({"$schema": declared})


def test_the_dialect_is_what_is_declared_with_and_without_its_last_sign() -> None:
    """Or what was said for those that declare none."""
    assert dialect_of({"$schema": "http://json-schema.org/draft-07/schema#"}) == "draft7"
    assert dialect_of({"$schema": "http://json-schema.org/draft-07/schema"}) == "draft7"
    assert dialect_of({}, "draft4") == "draft4"
    assert dialect_of([]) == "2020-12"
