from typing import Any

import pytest

from worker.contract.assertions import bounds, checks
from worker.contract.schema import Dialect, Schemas

_BITS_31 = 2**31


@pytest.mark.parametrize("dialect", ["draft4", "draft6", "draft7", "2019-09", "2020-12"])
@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("byte", "aGVsbG8=", "aGVsbG8"),
        ("byte", "", "a-_="),
        ("byte", "QQ==", "QQ==\n"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("duration", "P3DT12H", "3 days"),
        ("date", "2026-12-31", "2026-13-01"),
        ("date-time", "2026-12-31T23:59:59Z", "2026-12-31"),
        ("time", "23:59:59Z", "25:00"),
        ("email", "name@example.org", "name"),
        ("uri", "https://example.org/", "example"),
        ("uri-reference", "/path", "\\path"),
        ("json-pointer", "/a/0", "a"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
    ],
)
def test_a_format_asserts_the_same_in_every_dialect(dialect: Dialect, name: str, yes: str, no: str) -> None:
    """An API that declares it in an older document means it as much; where it stands makes no difference."""
    for documents, schema in (({}, {"format": name}), ({"urn:t": {"a": {"format": name}}}, {"$ref": "urn:t#/a"})):
        validator = Schemas(documents, dialect).compile(schema)
        assert [validator.is_valid(value) for value in (yes, no, 5)] == [True, False, True]
        assert [error.kind.name for error in validator.errors(no)] == ["format"]


@pytest.mark.parametrize("name", ["password", "binary", "url", "my-own", "int64"])
def test_a_format_that_asserts_nothing_about_text_lets_text_pass(name: str) -> None:
    """Nobody has said what it looks like."""
    assert Schemas({}).compile({"type": "string", "format": name}).is_valid("\n?")


def test_only_checks_that_are_asked_for_are_handed_over() -> None:
    """Each look at a job costs more with them; what cannot be looked through gets all."""
    deep: Any = {"format": "byte"}
    for _ in range(300):
        deep = {"items": deep}
    assert checks("draft4", {"properties": {"a": {"format": "date"}, "byte": {"title": "uuid"}}}) == {}
    assert checks("draft4", [{"properties": {"a": {"format": "uuid"}}}]).keys() == {"uuid"}
    assert checks("2020-12", {"format": "uuid"}) == {}
    assert checks("2020-12", deep).keys() == {"byte"}
    assert checks("draft7", {"minimum": 10**400}).keys() == {"byte", "duration", "uuid"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer", "format": "int32"}, {"minimum": -_BITS_31, "maximum": _BITS_31 - 1}),
        ({"type": "integer", "format": "int64"}, {"minimum": -(2**63), "maximum": 2**63 - 1}),
        ({"type": ["integer", "null"], "format": "int8"}, {"minimum": -128, "maximum": 127}),
        ({"format": "uint16"}, {"minimum": 0, "maximum": 65535}),
        ({"type": "number", "format": "double-int"}, {"minimum": 1 - 2**53, "maximum": 2**53 - 1}),
        ({"type": "integer", "format": "int32", "minimum": 1}, {"maximum": _BITS_31 - 1}),
        ({"type": "integer", "format": "int32", "minimum": 1, "maximum": 9}, {}),
        (
            {"type": "integer", "format": "int32", "minimum": -(2**40), "maximum": 2**40},
            {"minimum": -_BITS_31, "maximum": _BITS_31 - 1},
        ),
        ({"format": "int32", "minimum": 0, "exclusiveMinimum": True}, {"maximum": _BITS_31 - 1}),
        (
            {"format": "int32", "maximum": 2**40, "exclusiveMaximum": True},
            {"minimum": -_BITS_31, "maximum": _BITS_31 - 1, "exclusiveMaximum": False},
        ),
        ({"type": "string", "format": "int64"}, {}),
        ({"type": "number", "format": "double"}, {}),
        ({"type": "number", "format": "float"}, {}),
        ({"type": "integer"}, {}),
        ({"type": "integer", "format": ["int32"]}, {}),
        ({"type": [{}], "format": "int32"}, {}),
        ({"format": "int8", "minimum": "none"}, {"minimum": -128, "maximum": 127}),
    ],
    ids=str,
)
def test_formats_of_numbers_become_bounds(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    """Where they are narrower than what is written; a flag of Draft 4 goes with the bound that it spoke of."""
    before = repr(schema)
    assert bounds(schema) == expected
    assert repr(schema) == before


@pytest.mark.parametrize("dialect", ["draft4", "2020-12"])
@pytest.mark.parametrize(
    "name", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "double-int"]
)
def test_bounds_hold_at_both_ends(dialect: Dialect, name: str) -> None:
    """Exactly, up to numbers that no float tells apart."""
    schema: dict[str, Any] = {"type": "integer", "format": name}
    validator = Schemas({}, dialect).compile(schema | bounds(schema))
    low, high = bounds(schema)["minimum"], bounds(schema)["maximum"]
    assert [validator.is_valid(value) for value in (low - 1, low, high, high + 1)] == [False, True, True, False]
