"""Whatever stands where in a contract document: it is read, or refused with one message; nothing else is raised."""

import copy
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.contract import openapi
from worker.contract.coerce import Coercer
from worker.contract.contract import DocumentContract
from worker.contract.library import Library
from worker.errors import ContractError
from worker.job import UNSET

_SCHEMA: Final = {
    "type": "object",
    "nullable": True,
    "required": ["a"],
    "properties": {"a": {"$ref": "#/components/schemas/S"}, "b": {"anyOf": [{"type": "string"}], "enum": ["x"]}},
    "additionalProperties": False,
}
_DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.0.3",
    "info": {"title": "T"},
    "paths": {
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
            "post": {
                "operationId": "op",
                "parameters": [
                    {"$ref": "#/components/parameters/P"},
                    {"name": "f", "in": "query", "content": {"m": {}}},
                ],
                "requestBody": {"required": True, "content": {"application/json": {"schema": _SCHEMA}}},
                "responses": {"201": {"$ref": "#/components/responses/R"}},
            },
        }
    },
    "components": {
        "schemas": {"S": {"type": "array", "items": {"type": "integer", "nullable": True}}},
        "parameters": {"P": {"name": "q", "in": "query", "style": "form", "explode": True}},
        "responses": {"R": {"content": {"application/json": {}}}},
    },
}


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        yield from _places(inner, (*at, name))


_PLACES: Final = list(_places(_DOCUMENT))
_JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["#", "#/", "#/paths", "http://h/", "path", "header", "3.1.0", "$ref", "{x}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$ref", "type", "schema", "in", "name", "content", "/x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(_PLACES), _JSON), min_size=1, max_size=3), st.sampled_from(["3.0.3", "3.1.0"])
)
def test_any_document_is_read_or_refused(changes: list[tuple[tuple[Any, ...], Any]], version: str) -> None:
    """With its operations compiled, a job looked at, and the types of columns looked up."""
    document = copy.deepcopy(_DOCUMENT) | {"openapi": version}
    for (*above, last), value in changes:
        holder: Any = document
        for step in above:
            try:
                holder = holder[step]
            except (KeyError, IndexError, TypeError):
                break
        else:
            if isinstance(holder, dict) or (isinstance(holder, list) and isinstance(last, int) and last < len(holder)):
                holder[last] = copy.deepcopy(value)
    try:
        found = Library(document)
        contract = DocumentContract(openapi.read(found), found, "c.json", "auto", None)
        endpoints = [contract.endpoint(name) for name in contract.operations]
    except ContractError:
        return
    for endpoint in endpoints:
        assert endpoint is not None
        for body in (UNSET, {"a": [None, "x"], "c": 1}, 5):
            params = endpoint.resolve({"id": 5, "q": "x", "nope": 1})
            assert isinstance(endpoint.faults(params, body), list)
            endpoint.unsendable(params)
        job = {"body": {"a": ["5"]}, "params": {"q": "5"}, "headers": {"x": " 1"}}
        Coercer(contract, trim=True).coerce(endpoint.operation.name, None, job)
