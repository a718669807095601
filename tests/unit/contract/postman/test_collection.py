from pathlib import Path
from typing import Any

import orjson
import pytest

from worker.contract.postman.collection import read
from worker.errors import ContractError


def item(name: str = "Create order", **request: Any) -> dict[str, Any]:
    """An item with a request in it."""
    return {"name": name, "request": {"method": "POST", "url": "https://shop.example/orders", **request}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "no JSON object"),
        ({"openapi": "3.1.0"}, "an OpenAPI document already"),
        ({"_postman_variable_scope": "environment", "values": []}, "a Postman environment; give the collection"),
        ({"id": "1", "requests": [], "order": []}, "version 1; in Postman choose Export"),
        ({"log": {}}, "not a Postman collection; in Postman choose Export"),
        ({"info": {"schema": "https://x/v2.0.0/collection.json"}, "item": []}, "version 2.0; in Postman choose Export"),
        ({"info": {"name": "x"}, "item": []}, "does not name (info.schema: none)"),
        ({"info": {"schema": "https://x/v2.1.0/collection.json"}}, "no list of requests (item)"),
        ({"info": {"schema": ["v2.1"]}, "item": []}, "does not name"),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(tmp_path: Path, content: Any, said: str) -> None:
    """In one sentence, with what to do."""
    file = tmp_path / "shop.json"
    file.write_bytes(orjson.dumps(content))
    with pytest.raises(ContractError) as caught:
        read(file)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{file}: ")


def test_what_postmans_own_api_answers_is_a_collection_too(tmp_path: Path, gather: Any) -> None:
    """There it is a member of an object."""
    gather(item())
    file = tmp_path / "shop.json"
    file.write_bytes(b'{"collection":' + file.read_bytes() + b"}")
    assert [one.name for one in read(file).requests] == ["Create order"]


def test_folders_give_their_requests_auth_and_variables(gather: Any) -> None:
    """The nearest wins."""
    inner = {"name": "Drafts", "item": [item("a"), item("b", auth={"type": "noauth"})], "auth": {"type": "basic"}}
    outer = {"name": "Orders", "item": [inner, item("c")], "variable": [{"key": "shop", "value": "ulm"}]}
    collection = gather(
        outer,
        item("d"),
        auth={"type": "bearer"},
        variable=[{"key": "shop", "value": "berlin"}, {"key": "off", "value": "x", "disabled": True}],
    )
    assert [(one.title, one.auth["type"], dict(one.variables.values)) for one in collection.requests] == [
        ("Orders / Drafts / a", "basic", {"shop": "ulm"}),
        ("Orders / Drafts / b", "noauth", {"shop": "ulm"}),
        ("Orders / c", "bearer", {"shop": "ulm"}),
        ("d", "bearer", {"shop": "berlin"}),
    ]


def test_what_is_no_request_is_left_out_with_a_reason(gather: Any) -> None:
    """And named by where it stands."""
    collection = gather(17, {"name": "Empty"}, {"name": "Folder", "item": [item(url="")]}, item())
    assert collection.left_out == (
        "number 1: it is no object",
        "Empty: it has no URL",
        "Folder / Create order: it has no URL",
    )
    assert len(collection.requests) == 1


def test_folders_without_end_are_left_out(gather: Any) -> None:
    """No depth breaks the program."""
    inner: Any = item()
    for number in range(110):
        inner = {"name": f"f{number}", "item": [inner]}
    collection = gather(inner, item("top"))
    assert [one.name for one in collection.requests] == ["top"]
    assert "more than 100 folders deep" in collection.left_out[0]


def test_a_request_may_be_no_more_than_its_url(gather: Any) -> None:
    """It is a GET then; headers may be lines of text, descriptions objects."""
    short = {"name": "short", "request": "https://shop.example/orders"}
    lines = item("lines", header="X-A: 1\n//X-B: 2\nnothing", description={"content": "Places an order."})
    first, second = gather(short, lines).requests
    assert (first.method, first.url) == ("GET", "https://shop.example/orders")
    assert [(one.name, one.value, one.enabled) for one in second.headers] == [("X-A", "1", True), ("//X-B", "2", False)]
    assert second.description == "Places an order."


def test_saved_answers_bring_their_status_and_the_good_ones_their_request(gather: Any) -> None:
    """What was answered with an error is no example of what to send."""
    original = {"method": "POST", "url": "https://shop.example/orders"}
    answers = [{"code": 201, "originalRequest": original}, {"code": 422, "originalRequest": original}, {"code": "x"}, 1]
    first, sample = gather({**item(), "response": answers}).requests
    assert (first.statuses, first.is_sample) == ((201, 422), False)
    assert sample.is_sample
