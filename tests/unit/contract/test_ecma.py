from typing import Any

import pytest

from worker.contract.ecma import plain, rewritten
from worker.contract.schema import Schemas


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^(?=a)a\d$", r"^(?=a)a[0-9]$"),
        (r"^(?!x)[\w.-]+\D$", r"^(?!x)[A-Za-z0-9_.-]+[\x00-/:-\u{10FFFF}]$"),
        (r"(?<=x)[^\d\w]", r"(?<=x)[^0-9A-Za-z0-9_]"),
        (r"(.)\1\cJ\cj", r"(.)\1\x0A\x0A"),
        (r"(?=a)\\d\[\d]", r"(?=a)\\d\[[0-9]]"),
        (r"(?=a)[[\d]", r"(?=a)[\[0-9]"),
        ("(?=a)\\", "(?=a)\\"),
        (r"(?=a)\c", r"(?=a)\c"),
        (r"^\d+$", r"^\d+$"),
        (r"(?<year>\d)", r"(?<year>\d)"),
        ("", ""),
    ],
)
def test_escapes_become_classes_where_a_pattern_looks_around_or_back(pattern: str, expected: str) -> None:
    """Inside of a class and outside of one; an escaped backslash escapes nothing."""
    assert plain(pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^(?=a)a\d$", "a5", "a\u0665"),
        (r"^(?!-)[\w-]+$", "a-b_1", "\xe9"),
        (r"^(?!-)\w+$", "a", "\xe9"),
        (r"^(?!x)\W$", "\xe9", "a"),
        (r"^(?!x)[^\w]$", "\xe9", "a"),
        (r"^(?!x)[\D]$", "\u0665", "5"),
        (r"^(?!x)[^\W]$", "_", "\xe9"),
        (r"^(?!x)[\W]$", "`", "_"),
        (r"^(?!x)[a\S]$", "\u2030", "\u202f"),
        (r"^(?!x)\s$", "\ufeff", "\u200b"),
        (r"^(?!x)\S$", "\u200b", "\u2028"),
        (r"^(?!x)\cA$", "\x01", "A"),
        (r"^(\d)\1$", "55", "\u0665\u0665"),
        (r"^(?!x)\p{L}$", "\xe9", "5"),
        (r"^(?!x)a$", "a", "a\n"),
    ],
)
def test_a_pattern_that_looks_around_means_what_it_means_in_ecma_262(pattern: str, yes: str, no: str) -> None:
    """In a schema, in a document that it refers to, and as the name of properties."""
    documents = {"urn:t": {"definitions": {"a": {"pattern": pattern}}}}
    for schema in ({"pattern": pattern}, {"$ref": "urn:t#/definitions/a"}):
        validator = Schemas(documents).compile(schema)
        assert [validator.is_valid(text) for text in (yes, no)] == [True, False]
    named = Schemas({}).compile({"patternProperties": {pattern: False}})
    assert [named.is_valid({text: 1}) for text in (yes, no)] == [False, True]


def test_what_holds_no_such_pattern_is_not_copied() -> None:
    """Contracts are large; data that looks like a schema stays as it is."""
    looking = {"pattern": r"(?=a)\d"}
    document: dict[str, Any] = {
        "a": {"pattern": r"\d", "enum": [looking], "default": looking, "const": looking},
        "b": [{"patternProperties": {r"\d": True}}, {"properties": {"pattern": {"type": "string"}}}],
    }
    assert rewritten(document) is document
    changed = rewritten({**document, "c": [looking]})
    assert changed["c"] == [{"pattern": "(?=a)[0-9]"}]
    assert (changed["a"], changed["b"]) == (document["a"], document["b"])
    assert changed["a"] is document["a"]
    assert looking == {"pattern": r"(?=a)\d"}
