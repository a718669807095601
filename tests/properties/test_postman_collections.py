import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.contract.contract import from_document
from worker.contract.postman.collection import read
from worker.contract.postman.document import imported
from worker.errors import ContractError

SECRET: Final = "sk-0123456789"
COLLECTION: Final[dict[str, Any]] = {
    "info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "auth": {"type": "bearer", "bearer": [{"key": "token", "value": SECRET}]},
    "variable": [{"key": "baseUrl", "value": "https://shop.example/v2"}, {"key": "shopToken", "value": SECRET}],
    "item": [
        {
            "name": "Orders",
            "item": [
                {
                    "name": "Create order",
                    "request": {
                        "method": "POST",
                        "header": [{"key": "X-Api-Key", "value": SECRET}, {"key": "X-Trace", "value": "{{$guid}}"}],
                        "url": {
                            "raw": "{{baseUrl}}/shops/:shop/orders?dry_run=true",
                            "query": [{"key": "dry_run", "value": "true"}],
                            "variable": [{"key": "shop", "value": "ulm", "description": {"content": "which"}}],
                        },
                        "body": {"mode": "raw", "raw": '{"sku": "A", "qty": {{qty}}}', "options": {"raw": {}}},
                    },
                    "response": [{"code": 201, "originalRequest": {"url": "{{baseUrl}}/shops/1/orders"}}],
                }
            ],
        },
        {
            "name": "Upload",
            "request": {
                "url": {"protocol": "https", "host": ["shop", "example"], "path": ["v2", ":id"]},
                "body": {"mode": "formdata", "formdata": [{"key": "file", "type": "file"}, {"key": "t", "value": "1"}]},
            },
        },
        {
            "name": "Search",
            "request": {
                "url": "{{baseUrl}}/graphql",
                "body": {"mode": "graphql", "graphql": {"query": "{ a }", "variables": '{"n": {{n}}}'}},
            },
        },
    ],
}

Way = tuple[str | int, ...]

NASTY: Final = st.sampled_from(
    [
        "",
        "x",
        "{{",
        "}}",
        "{{a}}",
        "{{{a}}}",
        "://",
        "?",
        "#",
        ":",
        "/:",
        "{",
        "{}",
        "[1,",
        "{{$guid}}",
        "<integer>",
        "\0",
    ]
)
VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 700) | st.floats(allow_nan=False, allow_infinity=False) | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "value", "raw", "a"]), inner),
    max_leaves=6,
)


def ways(value: Any, way: Way = ()) -> Iterator[Way]:
    """The way to every value inside of another."""
    for at, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield (*way, at)
        yield from ways(inner, (*way, at))


def changed(way: Way, value: Any) -> dict[str, Any]:
    """The collection with another value in one place."""
    made = copy.deepcopy(COLLECTION)
    holder: Any = made
    for step in way[:-1]:
        holder = holder[step]
    holder[way[-1]] = value
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where collections and documents are."""
    return tmp_path_factory.mktemp("postman")


@settings(max_examples=150, deadline=None)
@given(way=st.sampled_from(list(ways(COLLECTION))), value=VALUES)
@example(way=("auth", "bearer", 0, "key"), value=[])
def test_whatever_stands_in_a_collection_it_is_read_or_refused(folder: Path, way: Way, value: Any) -> None:
    """With one clear error; what it makes is a document whose every operation compiles, and holds no secret."""
    file, out = folder / "collection.json", folder / "openapi.json"
    file.write_text(json.dumps(changed(way, value)), "utf-8")
    try:
        made = imported(read(file), None, None, out.name)
    except ContractError:
        return
    out.write_text(json.dumps(made.document), "utf-8")
    contract = from_document(out)
    assert all(contract.endpoint(name) for name in contract.operations)
    assert SECRET not in out.read_text("utf-8") + made.config + made.read
