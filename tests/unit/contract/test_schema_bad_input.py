import math
from typing import Any, Final

import pytest

from worker.contract.document import fragment
from worker.contract.schema import Dialect, Engine, Schemas
from worker.errors import ContractError

_ENGINES: Final[tuple[Engine, ...]] = ("auto", "jsonschema-rs")
_HUGE: Final = 10**400
#: No engine can decide this one in reasonable time: it is cut short.
_HOPELESS: Final = r"(a*)(a*)(a*)(a*)(a*)\1\2\3\4\5c"
_NAMES: Final = [
    *("__proto__", "__class__", "constructor", "a.b[0]", "", " ", "'", '"', '"""', "\\", "\\n", "\n", "\r\n", "\t"),
    *("{", "}", "{}", "{variable}", "%s", "%(a)s", "$ref", "#", "/", "~", "~1", "a/b", "\0", "\x85", "\u2028"),
    *("\u2029", "é", "e\u0301", "😀", "class", "data", "validate", "None", "x" * 10_000),
    *('"]; raise SystemExit #', "{__import__('os').abort()}", "')\nraise SystemExit\n('"),
]


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(a+)+$",
        r"^(a|aa)+$",
        r"^(a|a)*$",
        r"^(?=a)(a+)+$",
        r"^(?!b)(a|a)*$",
        r"^(?=.*\d)(a+)+$",
        r"(?<=a)(a+)+b",
        r"^(a+)+\1$",
        r"^((a*)*)\1b$",
        r"^(?:(a|b|ab)*?\1)*c$",
    ],
)
def test_a_pattern_that_backtracks_for_ever_comes_to_a_verdict(pattern: str) -> None:
    """Linear time where it looks neither around nor back, a bound on its steps where it does."""
    validator = Schemas({}).compile({"pattern": pattern})
    assert not validator.is_valid("a" * 40 + "!")
    assert [error.kind.name for error in validator.errors("a" * 40 + "!")] == ["pattern"]


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": _HOPELESS},
        {"not": {"pattern": _HOPELESS}},
        {"anyOf": [{"not": {"pattern": _HOPELESS}}]},
        {"oneOf": [{"pattern": _HOPELESS}, True]},
        {"if": {"pattern": _HOPELESS}, "then": False},
        {"patternProperties": {_HOPELESS: False}},
        {"patternProperties": {_HOPELESS: {"type": "null"}}, "additionalProperties": {"type": "integer"}},
        {"propertyNames": {"not": {"pattern": _HOPELESS}}},
        {"contains": {"pattern": _HOPELESS}, "minContains": 0, "maxContains": 0},
    ],
    ids="-".join,
)
def test_a_pattern_that_was_cut_short_refuses_wherever_it_stands(schema: Any) -> None:
    """Nobody knows whether it would have matched: neither "it did not" nor its opposite lets a value pass."""
    validator = Schemas({}).compile(schema)
    holds_names, holds_items = ("patternProperties", "propertyNames"), "contains" in schema
    text = "a" * 60
    value: Any = {text: 1} if any(name in schema for name in holds_names) else [text] if holds_items else text
    assert not validator.is_valid(value)
    assert "backtracking" in validator.errors(value)[0].message


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^\d$", "5", "\u0665"),
        (r"^\w$", "_", "é"),
        (r"^\s$", "\ufeff", "x"),
        (r"^\p{L}$", "é", "5"),
        (r"^\p{Script=Greek}$", "λ", "l"),
        (r"^\cA$", "\x01", "A"),
        (r"^\u0041$", "A", "B"),
        (r"^\u{1F600}$", "😀", "u"),
        (r"^a$", "a", "a\n"),
        (r"^.$", "😀", "\n"),
        (r"^(?!0)a$", "a", "a\n"),
        (r"a", "xax", "x"),
    ],
)
def test_patterns_mean_what_they_mean_in_ecma_262(pattern: str, yes: str, no: str) -> None:
    """Digits and words are ASCII's, and the end is the end: not as in Python."""
    validator = Schemas({}).compile({"pattern": pattern})
    assert [validator.is_valid(text) for text in (yes, no)] == [True, False]


@pytest.mark.parametrize("engine", _ENGINES)
@pytest.mark.parametrize("name", _NAMES, ids=lambda name: ascii(name)[:30])
def test_a_property_may_have_any_name(name: str, engine: Engine) -> None:
    """It is a word to compare, never a path, a template or code."""
    schema = {
        "type": "object",
        "properties": {name: {"enum": [name]}},
        "required": [name],
        "additionalProperties": False,
    }
    validator = Schemas({}, engine=engine).compile(schema)
    values: list[Any] = [{name: name}, {name: 1}, {}, {name: name, f"{name}_": 1}]
    assert [validator.is_valid(value) for value in values] == [True, False, False, False]


@pytest.mark.parametrize("engine", _ENGINES)
@pytest.mark.parametrize("name", _NAMES, ids=lambda name: ascii(name)[:30])
def test_a_reference_may_lead_through_any_name(name: str, engine: Engine) -> None:
    """Written as a fragment, it is a legal part of a URI, and comes out where it should."""
    schemas = Schemas({"urn:t": {"properties": {name: {"type": "null"}}}}, engine=engine)
    reference = f"urn:t#{fragment('properties', name)}"
    validator = schemas.compile({"$ref": reference})
    assert [validator.is_valid(value) for value in (None, 1)] == [True, False]
    assert schemas.lookup(reference) == {"type": "null"}


@pytest.mark.parametrize("engine", _ENGINES)
@pytest.mark.parametrize(
    ("schema", "value", "verdict"),
    [
        ({"type": "integer"}, _HUGE, True),
        ({"type": "integer", "minimum": 0}, -_HUGE, False),
        ({"maximum": 2**63 - 1}, 2**63, False),
        ({"maximum": 2**63 - 1}, 2**63 - 1, True),
        ({"minimum": -(2**63)}, -(2**63) - 1, False),
        ({"maximum": 2**64 - 1}, _HUGE, False),
        ({"minimum": _HUGE}, _HUGE, True),
        ({"minimum": _HUGE}, _HUGE - 1, False),
        ({"exclusiveMaximum": 2**64}, 2**64, False),
        ({"const": _HUGE}, _HUGE + 1, False),
        ({"enum": [2**53]}, 2**53 + 1, False),
        ({"maxLength": _HUGE}, "abc", True),
        ({"type": "integer"}, math.nan, False),
        ({"type": "integer"}, math.inf, False),
        ({"type": "integer"}, 1.0, True),
        ({"type": "integer"}, 1.5, False),
        ({"type": "integer"}, -0.0, True),
        ({"minimum": 0}, -0.0, True),
        ({"exclusiveMinimum": 0}, -0.0, False),
        ({"const": 0}, -0.0, True),
        ({"const": 1}, 1.0, True),
        ({"const": 1}, True, False),
        ({"enum": [False]}, 0, False),
        ({"type": "number"}, True, False),
        ({"multipleOf": 0.01}, 19.99, True),
    ],
    ids=lambda value: str(value)[:30],
)
def test_numbers_are_exact(schema: Any, value: Any, verdict: bool, engine: Engine) -> None:  # noqa: FBT001 - the claim
    """However many digits they have; 1.0 is whole, true is no number."""
    validator = Schemas({}, engine=engine).compile(schema)
    assert validator.is_valid(value) is verdict
    assert bool(validator.errors(value)) is not verdict


def test_a_number_with_a_fraction_of_zero_is_whole_since_draft_6() -> None:
    """Draft 4, and so OpenAPI 3.0, goes by how the number is written."""
    dialects: tuple[Dialect, ...] = ("draft4", "draft6", "draft7", "2019-09", "2020-12")
    verdicts = [Schemas({}, dialect).compile({"type": "integer"}).is_valid(1.0) for dialect in dialects]
    assert verdicts == [False, True, True, True, True]


@pytest.mark.parametrize("bound", [math.nan, math.inf, -math.inf, "1", None, [1]])
def test_a_bound_that_is_no_number_is_no_schema(bound: Any) -> None:
    """YAML can write ``.nan``."""
    with pytest.raises(ContractError, match="not a legal JSON Schema at maximum"):
        Schemas({}).compile({"maximum": bound})


@pytest.mark.parametrize(
    "value", ["\ud800", {"\ud800": 1}, {1: 1}, {None: 1}, b"x", {1}, pytest.param(object(), id="object")], ids=ascii
)
@pytest.mark.parametrize("engine", _ENGINES)
def test_what_no_json_text_can_hold_is_not_valid(engine: Engine, value: Any) -> None:
    """And the reason is among the errors: nothing is raised at whoever asks."""
    validator = Schemas({}, engine=engine).compile({"type": "object", "additionalProperties": {"type": "null"}})
    assert not validator.is_valid(value)
    assert validator.errors(value)[0].kind.name in {"json", "type"}


@pytest.mark.parametrize(
    "schema",
    [{"enum": ["\ud800"]}, {"properties": {"\ud800": {}}}, {"pattern": "\ud800"}, {"title": "\ud800"}],
    ids="-".join,
)
def test_a_schema_that_no_json_text_can_hold_is_refused(schema: Any) -> None:
    """Standing alone, and in a document."""
    with pytest.raises(ContractError):
        Schemas({}).compile(schema)
    with pytest.raises(ContractError):
        Schemas({"urn:t": schema}).compile({"$ref": "urn:t#"})


@pytest.mark.parametrize("engine", _ENGINES)
def test_a_value_nested_ten_thousand_levels_deep_is_judged(engine: Engine) -> None:
    """Both ways; generated code gives up and leaves it to the other engine."""
    rule = {"type": ["array", "object", "integer"], "items": {"$ref": "#"}, "additionalProperties": {"$ref": "#"}}
    validator = Schemas({"urn:t": rule}, engine=engine).compile({"$ref": "urn:t#"})
    for core, verdict in ((1, True), ("x", False)):
        for wrap in (lambda inner: [inner], lambda inner: {"a": inner}):
            value: Any = core
            for _ in range(10_000):
                value = wrap(value)
            assert validator.is_valid(value) is verdict


@pytest.mark.parametrize("depth", [100, 250, 10_000])
@pytest.mark.parametrize("engine", _ENGINES)
def test_a_schema_nested_too_deeply_is_refused_in_words(engine: Engine, depth: int) -> None:
    """What is nested as deeply as people nest is compiled, and works."""
    nested: dict[str, Any] = {"type": "null"}
    for _ in range(depth):
        nested = {"properties": {"a": nested}}
    if depth < 200:
        assert Schemas({}, engine=engine).compile(nested).is_valid({"a": {"a": 1}})
        return
    for documents, schema in (({}, nested), ({"urn:t": nested}, {"$ref": "urn:t#"})):
        with pytest.raises(ContractError, match=r"(?i)recursion limit|too deeply"):
            Schemas(documents, engine=engine).compile(schema)


@pytest.mark.parametrize("engine", _ENGINES)
def test_a_chain_of_ten_thousand_references_is_followed(engine: Engine) -> None:
    """To its end."""
    chain: dict[str, Any] = {str(at): {"$ref": f"#/d/{at + 1}"} for at in range(10_000)}
    validator = Schemas({"urn:t": {"d": {**chain, "10000": {"type": "null"}}}}, engine=engine).compile(
        {"$ref": "urn:t#/d/0"}
    )
    assert [validator.is_valid(value) for value in (None, 1)] == [True, False]


@pytest.mark.parametrize(
    "document",
    [
        {"$ref": "#"},
        {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}, "allOf": [{"$ref": "#/a"}]},
        {"allOf": [{"$ref": "#"}]},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        {"not": {"$ref": "#/a"}, "a": {"not": {"$ref": "#"}}},
        {"items": {"$ref": "#"}},
    ],
    ids=["itself", "each-other", "all", "any", "not", "items"],
)
@pytest.mark.parametrize("dialect", ["draft4", "draft7", "2019-09", "2020-12"])
@pytest.mark.parametrize("engine", _ENGINES)
def test_references_in_a_circle_come_to_a_verdict(engine: Engine, dialect: Dialect, document: Any) -> None:
    """A circle demands nothing of its own."""
    validator = Schemas({"urn:t": document}, dialect, engine).compile({"$ref": "urn:t#"})
    assert validator.is_valid([[]])
    assert validator.errors([[]]) == []


@pytest.mark.parametrize(
    "reference",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:1/a",
        "https://example.com/a.json#/b",
        "urn:unknown:x#",
        "//h/a",
        "a.json",
    ],
)
@pytest.mark.parametrize("engine", _ENGINES)
def test_a_reference_that_leaves_the_set_is_named(engine: Engine, reference: str) -> None:
    """When the schema is compiled; nothing is fetched, and no file is read."""
    for holder in ({"$ref": reference}, {"items": {"$ref": reference}}, {"$defs": {"a": {"not": {"$ref": reference}}}}):
        with pytest.raises(ContractError, match=r"leaves the contract; only files beside"):
            Schemas({}, engine=engine).compile(holder)


def test_formats_can_be_taken_for_notes() -> None:
    """The newer dialects leave that to a setting; it is on unless somebody turns it off."""
    schema = {"format": "date"}
    assert not Schemas({}).compile(schema).is_valid("2026-13-01")
    assert Schemas({}, formats=False).compile(schema).is_valid("2026-13-01")
