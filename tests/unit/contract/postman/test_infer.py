from typing import Any

import pytest

from worker.contract.postman.infer import Unknown, infer, infer_text


@pytest.mark.parametrize(
    ("samples", "schema"),
    [
        ([], {}),
        ([1, 2], {"type": "integer"}),
        ([1, 2.5], {"type": "number"}),
        ([True], {"type": "boolean"}),
        ([None], {}),
        ([1, None], {"type": ["integer", "null"]}),
        ([None, "a", 1], {"type": ["string", "integer", "null"]}),
        ([[]], {"type": "array"}),
        ([[], [1], [2.5, None]], {"type": "array", "items": {"type": ["number", "null"]}}),
        ([Unknown.VALUE], {}),
        ([Unknown.VALUE, 3], {"type": "integer"}),
        ([Unknown.TEXT], {"type": "string"}),
    ],
)
def test_a_schema_is_what_examples_have_in_common(samples: list[Any], schema: dict[str, Any]) -> None:
    """Whole numbers are numbers too, null is one more type, and what is not known says nothing."""
    assert infer(samples) == schema


def test_members_that_every_example_has_are_required() -> None:
    """Others may be there, and so may any that no example has."""
    samples = [{"sku": "a", "qty": 1}, {"sku": "b", "note": None}]
    assert infer(samples) == {
        "type": "object",
        "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}, "note": {}},
        "required": ["sku"],
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("2026-12-31", "date"),
        ("2026-12-31T08:00:00Z", "date-time"),
        ("2026-12-31T08:00:00.5+01:00", "date-time"),
        ("123e4567-e89b-12d3-a456-426614174000", "uuid"),
        ("ada@example.com", "email"),
        ("https://shop.example/a?b=c", "uri"),
        ("2026-02-31", None),
        ("2026-12-31T08:00:00", None),
        ("2026-12-31T25:00:00Z", None),
        ("ada@example", None),
        ("https://[shop", None),
        ("", None),
        ("berlin", None),
    ],
)
def test_a_format_is_recognised_by_what_it_looks_like(text: str, named: str | None) -> None:
    """Only where it is a real one."""
    assert infer([text]).get("format") == named


def test_a_format_holds_only_if_all_examples_have_it() -> None:
    """A text that is not known may have any."""
    assert infer(["2026-12-31", "2026-12-30", None]) == {"type": ["string", "null"], "format": "date"}
    assert infer(["2026-12-31", "soon"]) == {"type": "string"}
    assert infer(["2026-12-31", Unknown.TEXT]) == {"type": "string"}


def test_what_is_nested_too_deeply_may_be_anything() -> None:
    """No example is deep enough to break the program."""
    sample: Any = 1
    for _ in range(900):
        sample = [sample]
    schema = infer([sample])
    depth = 0
    while "items" in schema:
        schema, depth = schema["items"], depth + 1
    assert (schema, depth) == ({}, 50)


@pytest.mark.parametrize(
    ("samples", "schema"),
    [
        (["17", "-3"], {"type": ["integer", "string"]}),
        (["17", "2.5"], {"type": "string"}),
        (["2.5"], {"type": ["number", "string"]}),
        (["true", "false"], {"type": ["boolean", "string"]}),
        (["007"], {"type": "string"}),
        (["2026-12-31"], {"type": "string", "format": "date"}),
        (["17", Unknown.TEXT], {"type": ["integer", "string"]}),
        ([""], {"type": "string"}),
        ([], {"type": "string"}),
    ],
)
def test_text_that_looks_like_a_number_may_be_either(samples: list[str | Unknown], schema: dict[str, Any]) -> None:
    """In a URL both are written alike, and the next post code may start with a nought."""
    assert infer_text(samples) == schema
