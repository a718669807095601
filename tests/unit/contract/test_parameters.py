from typing import Any

import pytest

from tests.unit.contract.conftest import Compile, Complain, Describe, ReadOperation
from worker.contract.operation import Parameter


def _flat(only: ReadOperation, document: Any) -> dict[str, Parameter]:
    return dict(only(document).by_flat)


def _query(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", **more}


def test_a_parameter_of_the_operation_replaces_that_of_its_path(describe: Describe, only: ReadOperation) -> None:
    """By name and place; others of the path stay."""
    document = describe(
        operation={"parameters": [_query("a", required=True)]},
        item={"parameters": [_query("a"), _query("b"), {"name": "a", "in": "header"}]},
    )
    found = _flat(only, document)
    assert set(found) == {"query.a", "header.a", "b", "id"}
    assert found["query.a"].required
    assert not found["b"].required


def test_one_name_in_two_places_is_told_apart(describe: Describe, compiled: Compile) -> None:
    """As ``path.id`` and ``query.id``; a name that is clear may be written either way."""
    parameters = [{"name": "id", "in": "path", "required": True}, _query("id"), _query("limit")]
    endpoint = compiled(describe(operation={"parameters": parameters})).endpoint("op")
    assert endpoint is not None
    assert set(endpoint.operation.by_flat) == {"path.id", "query.id", "limit"}
    params = endpoint.resolve({"path.id": "1", "query.id": "2", "query.limit": 3})
    assert params == {"path.id": "1", "query.id": "2", "limit": 3}
    assert endpoint.serialiser.target(params) == "/things/1?id=2&limit=3"


@pytest.mark.parametrize(
    "name", ["Accept", "content-type", "AUTHORIZATION", "Content-Length", "Host", "Transfer-Encoding"]
)
def test_headers_that_are_not_a_parameters_are_ignored(describe: Describe, only: ReadOperation, name: str) -> None:
    """Those that OpenAPI names, and those that frame the message."""
    document = describe(operation={"parameters": [{"name": name, "in": "header", "required": True}]})
    assert set(_flat(only, document)) == {"id"}


@pytest.mark.parametrize(
    ("place", "style"), [("path", "form"), ("query", "simple"), ("header", "form"), ("cookie", "simple"), ("query", 5)]
)
def test_an_undefined_style_is_refused_with_its_place(
    describe: Describe, complain: Complain, place: str, style: Any
) -> None:
    """Before anything is sent."""
    message = complain(
        describe(operation={"parameters": [{"name": "id", "in": place, "style": style, "required": True}]})
    )
    assert message.startswith("#/paths/~1things~1%7Bid%7D/post/parameters/0: style")
    assert place in message


@pytest.mark.parametrize(
    "given",
    [
        {"name": "a", "required": True},
        {"in": "query", "required": True},
        {"name": 1, "in": "query", "required": True},
        {"name": "a", "in": "body", "required": True},
        {"name": "a", "in": [], "required": True},
        "a",
    ],
)
def test_what_is_no_parameter_is_refused_with_its_place(describe: Describe, complain: Complain, given: Any) -> None:
    """A name and one of four places."""
    assert "parameters/0: a parameter needs" in complain(describe(operation={"parameters": [given]}))


def test_what_requests_can_do_without_is_left_out_and_noted(describe: Describe, only: ReadOperation) -> None:
    """An operation is not lost for a parameter that nobody has to send."""
    wrong = [_query("a", style="simple"), _query(""), _query("b", style="pipeDelimited", explode=True), _query("c")]
    operation = only(describe(operation={"parameters": wrong}))
    assert list(operation.by_flat) == ["c", "id"]
    assert [note.at.rpartition("/")[2] for note in operation.notes] == ["1", "0", "2"]
    assert all("cannot be sent" in note.detail for note in operation.notes)


@pytest.mark.parametrize(
    ("kind", "style", "words"), [("string", "form", "name=value"), ("array", "deepObject", "name[0]=value")]
)
def test_deep_objects_are_written_by_custom_where_openapi_is_silent(
    describe: Describe, only: ReadOperation, kind: str, style: str, words: str
) -> None:
    """Stripe's contract has both; it is noted how they are sent."""
    operation = only(describe(operation={"parameters": [_query("a", style="deepObject", schema={"type": kind})]}))
    assert operation.by_flat["a"].style == style
    assert words in operation.notes[0].detail


@pytest.mark.parametrize("place", ["header", "cookie"])
def test_a_name_that_would_break_the_message_is_refused(describe: Describe, complain: Complain, place: str) -> None:
    """Contracts come from elsewhere."""
    parameters = [{"name": "X\r\nEvil: 1", "in": place, "required": True}]
    assert "no legal name" in complain(describe(operation={"parameters": parameters}))


def test_a_name_in_the_path_that_nothing_describes_takes_a_single_value(describe: Describe, compiled: Compile) -> None:
    """Many documents leave it out; without it there is no path."""
    endpoint = compiled(describe()).endpoint("op")
    assert endpoint is not None
    assert [one.pointer for one in endpoint.faults({}, None)][:1] == ["#/params/id"]
    assert endpoint.operation.by_flat["id"].required
    assert endpoint.serialiser.target({"id": 5}) == "/things/5"


def test_a_path_parameter_that_is_not_in_the_path_is_left_out(describe: Describe, only: ReadOperation) -> None:
    """Its value would go nowhere."""
    assert set(_flat(only, describe(operation={"parameters": [{"name": "x", "in": "path"}]}))) == {"id"}


def test_a_parameter_with_content_is_sent_as_json(describe: Describe, compiled: Compile) -> None:
    """And held against the schema of that content."""
    content = {"application/json": {"schema": {"type": "object", "required": ["a"]}}}
    endpoint = compiled(describe(operation={"parameters": [_query("f", content=content)]})).endpoint("op")
    assert endpoint is not None
    assert endpoint.serialiser.target({"id": "1", "f": {"a": 1}}) == "/things/1?f=%7B%22a%22%3A1%7D"
    assert "#/params/f/a" in {one.pointer for one in endpoint.faults({"id": "1", "f": {}}, None)}


def test_parameters_that_are_no_list_are_none(describe: Describe, only: ReadOperation) -> None:
    """A null is what an empty key of YAML says."""
    assert set(_flat(only, describe(operation={"parameters": None}))) == {"id"}


def test_a_path_may_bring_a_query_and_a_fragment(describe: Describe, compiled: Compile) -> None:
    """A few documents tell operations of one path apart by them; a fragment is never sent."""
    contract = compiled(describe(path="/jobs?op=LIST&x={id}", operation={"parameters": [_query("q")]}))
    endpoint = contract.endpoint("op")
    assert endpoint is not None
    assert endpoint.serialiser.target({"id": "a&b"}) == "/jobs?op=LIST&x=a%26b"
    assert endpoint.serialiser.target({"id": "1", "q": "2"}) == "/jobs?op=LIST&x=1&q=2"
    endpoint = compiled(describe(path="/#Target=Hub.List", operation={"parameters": [_query("q")]})).endpoint("op")
    assert endpoint is not None
    assert endpoint.serialiser.target({"q": "2"}) == "/?q=2"
