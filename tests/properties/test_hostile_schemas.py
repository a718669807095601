"""Whatever a contract's author calls things: words stay words, and both engines say the same about them."""

import builtins
from pathlib import Path
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.contract.document import fragment
from worker.contract.schema import Engine, Schemas, Validator
from worker.errors import ContractError

#: Pieces that mean something in Python, in its string literals and templates, in JSON Pointers, URIs and patterns.
_PIECES: Final = [
    *("'", '"', "'''", '"""', "\\", "\\n", "\\x27", "\n", "\r", "\0", "\x0c", "\x85", "\u2028", "\u2029", "\ufeff"),
    *("{", "}", "{{", "{data}", "{variable}", "%s", "%(a)s", "$", "${a}", "#", "/", "~", "~1", "%25", "?", "*", "^"),
    *("(", ")", "[", "]", ";", ":", ",", " ", ".", "a", "A", "_", "1", "é", "\u0301", "😀", "__proto__", "__class__"),
    *("data", "validate", "custom_formats", "raise SystemExit", "breached.append(1)", "open('breached', 'w')", "\\'"),
]
_WORDS: Final = st.lists(st.sampled_from(_PIECES), max_size=5).map("".join)
_SCALARS: Final = st.none() | st.booleans() | st.integers(-2, 2) | _WORDS
_VALUES: Final = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_WORDS, inner, max_size=3), max_leaves=5
)
_NOTES: Final = ("title", "description", "$comment", "x-note", "example", "default")


def _schemas(words: list[str]) -> st.SearchStrategy[Any]:
    """Schemas that use these words, so that values made of the same words meet them."""
    word = st.sampled_from(words)

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        by_name = st.dictionaries(word, inner, max_size=3)
        keywords: dict[str, st.SearchStrategy[Any]] = {
            "properties": by_name,
            "required": st.lists(word, min_size=1, max_size=2, unique=True),
            "enum": st.lists(word, min_size=1, max_size=3, unique=True),
            "additionalProperties": inner,
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "const": word,
            "pattern": word,
            "patternProperties": by_name,
            "propertyNames": st.fixed_dictionaries({"enum": st.lists(word, min_size=1, max_size=3, unique=True)}),
            "$ref": word.map(lambda name: f"urn:t#{fragment('definitions', name)}"),
            "type": st.sampled_from(["object", "string", ["object", "string", "array"]]),
            **dict.fromkeys(_NOTES, word),
        }
        chosen = st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True)
        return chosen.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))

    return st.recursive(st.booleans() | around(st.booleans()), around, max_leaves=5)


def _compiled(documents: dict[str, Any], schema: Any, engine: Engine) -> Validator | str:
    try:
        return Schemas(documents, engine=engine).compile(schema)
    except ContractError as error:
        return str(error)


def _verdicts(validator: Validator | str, values: list[Any]) -> list[bool] | str:
    return validator if isinstance(validator, str) else [validator.is_valid(value) for value in values]


@settings(max_examples=200, deadline=None)
@given(st.data(), st.lists(_WORDS, min_size=1, max_size=4))
def test_words_of_any_kind_are_never_run_and_never_confuse_the_engines(data: st.DataObject, words: list[str]) -> None:
    """Keys, enums, constants, patterns, notes and references; in the schema and in the values."""
    schema, meant = data.draw(_schemas(words)), data.draw(_schemas(words))
    known = st.sampled_from(words)
    values = data.draw(st.lists(st.dictionaries(known, known | _SCALARS, max_size=3) | known | _VALUES, max_size=5))
    documents = {"urn:t": {"definitions": dict.fromkeys(words, meant)}}
    there, breached = vars(builtins).keys() | {"breached"}, list[int]()
    before = repr(values)
    vars(builtins)["breached"] = breached  # a name that only code of ours knows
    try:
        auto = _verdicts(_compiled(documents, schema, "auto"), values)
        strict = _verdicts(_compiled(documents, schema, "jsonschema-rs"), values)
    finally:
        del vars(builtins)["breached"]
    assert auto == strict
    assert (breached, vars(builtins).keys() - there, Path("breached").exists()) == ([], set(), False)
    assert repr(values) == before
