"""Forms of contracts, from their documents to the request: encodings, files, and what documents get wrong."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from worker.contract.contract import Contract
from worker.contract.endpoint import Endpoint
from worker.contract.files import Files
from worker.contract.writing import Written, write

Describe = Callable[..., dict[str, Any]]
Compile = Callable[[Any], Contract]

_STRIPE: Final = {
    "schema": {"type": "object", "properties": {"expand": {"type": "array", "items": {"type": "string"}}}},
    "encoding": {"expand": {"style": "deepObject", "explode": True}, "metadata": {"style": "deepObject"}},
}


@pytest.fixture
def endpoint(describe: Describe, compiled: Compile) -> Callable[[str, Any], Endpoint]:
    """The endpoint of an operation that takes this as its body."""

    def make(media_type: str, content: Any) -> Endpoint:
        body = {"required": True, "content": {media_type: content}}
        made = compiled(describe(path="/things", operation={"requestBody": body})).endpoint("op")
        assert made is not None
        return made

    return make


def _sent(endpoint: Endpoint, body: Any) -> Written:
    content = endpoint.content(None)
    assert content is not None
    assert endpoint.faults({}, body, content) == []
    written = write(content, body, Files())
    assert isinstance(written, Written)
    return written


def test_a_form_of_a_document_is_written_by_its_encodings(endpoint: Callable[[str, Any], Endpoint]) -> None:
    """Stripe's own, in small."""
    form = endpoint("application/x-www-form-urlencoded", _STRIPE)
    body = {"expand": ["a", "b"], "metadata": {"k": "v"}}
    assert _sent(form, body).content == b"expand%5B0%5D=a&expand%5B1%5D=b&metadata%5Bk%5D=v"
    assert [one.pointer for one in form.faults({}, {"expand": "a"})] == ["#/body/expand"]


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_that_its_contract_calls_text_is_a_form_all_the_same(
    endpoint: Callable[[str, Any], Endpoint], media_type: str
) -> None:
    """Converters lose the fields of old documents. Nothing could be sent, were such a schema held."""
    form = endpoint(media_type, {"schema": {"type": "string"}})
    assert b"a" in _sent(form, {"a": "1"}).content
    assert [(one.pointer, one.rule) for one in form.faults({}, "a=1")] == [("#/body", "type")]


def test_a_part_is_the_one_of_several_types_that_its_file_is(endpoint: Callable[[str, Any], Endpoint]) -> None:
    """The list stays a list on its way out of the document."""
    photo = {"schema": {"type": "object"}, "encoding": {"f": {"contentType": "image/png, image/jpeg"}}}
    sent = _sent(endpoint("multipart/form-data", photo), {"f": {"$base64": "aGk=", "filename": "a.jpg"}})
    assert b"Content-Type: image/jpeg\r\n" in sent.content
