from typing import Any

import pytest

from worker.contract.assertions import checks
from worker.contract.schema import Dialect, Schemas


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
    assert checks(["draft4"], {"properties": {"a": {"format": "date"}, "byte": {"title": "uuid"}}}) == {}
    assert checks(["draft4"], [{"properties": {"a": {"format": "uuid"}}}]).keys() == {"uuid"}
    assert checks(["2020-12"], {"format": "uuid"}) == {}
    assert checks(["2020-12"], deep).keys() == {"byte"}
    assert checks(["draft7"], {"minimum": 10**400}).keys() == {"byte", "duration", "uuid"}


def test_an_older_document_in_a_newer_set_means_its_formats_too() -> None:
    """What it declares itself is what counts."""
    old = {"$schema": "http://json-schema.org/draft-04/schema#", "definitions": {"a": {"format": "uuid"}}}
    assert not Schemas({"urn:t": old}, "2020-12").compile({"$ref": "urn:t#/definitions/a"}).is_valid("123e4567")
