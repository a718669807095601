from typing import TYPE_CHECKING, Any

import orjson
import pytest

from worker.errors import ContractError

if TYPE_CHECKING:
    from tests.unit.contract.postman.conftest import Make, Operate


def item(name: str = "Create order", url: Any = "https://shop.example/orders", **request: Any) -> dict[str, Any]:
    """An item with a request in it."""
    return {"name": name, "request": {"method": "POST", "url": url, **request}}


def operations(made: Any) -> dict[str, str]:
    """Names of operations by method and path."""
    return {
        f"{method.upper()} {path}": operation["operationId"]
        for path, methods in made.document["paths"].items()
        for method, operation in methods.items()
    }


def test_an_operation_has_the_words_of_its_request(make: "Make") -> None:
    """Name, description, and the folders as its tag."""
    folder = {"name": "Orders", "item": [{"name": "Drafts", "item": [item(description="Places an order.")]}]}
    operation = make(folder).document["paths"]["/orders"]["post"]
    assert operation["operationId"] == "createOrder"
    assert (operation["summary"], operation["description"]) == ("Create order", "Places an order.")
    assert operation["tags"] == ["Orders / Drafts"]


def test_every_operation_has_a_name_of_its_own(make: "Make") -> None:
    """Behind its folder's where that is needed, then numbered; by method and path where nobody named it."""
    made = make(
        item("List all", "https://shop.example/a"),
        {"name": "Users", "item": [item("list-all", "https://shop.example/b")]},
        item("List ALL!", "https://shop.example/c"),
        item("New Request", "https://shop.example/orders/:id/lines"),
        item("https://shop.example/d", "https://shop.example/d"),
        item("???", "https://shop.example"),
        item("GET the SKU by ID", "https://shop.example/e"),
    )
    assert list(operations(made).values()) == [
        "listAll",
        "usersListAll",
        "listAll2",
        "postOrdersLinesById",
        "postD",
        "postRoot",
        "getTheSkuById",
    ]


def test_templates_that_differ_by_names_only_are_one_path(make: "Make") -> None:
    """The first names win, and the values of all count."""
    named = {"raw": "https://shop.example/orders/:id", "variable": [{"key": "id", "value": "17"}]}
    made = make(item("Get", named, method="GET"), item("Drop", "https://shop.example/orders/{{no}}", method="DELETE"))
    path = made.document["paths"]["/orders/{id}"]
    assert set(path) == {"get", "delete"}
    assert path["delete"]["parameters"][0]["name"] == "id"
    assert path["get"]["parameters"][0] == {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": ["integer", "string"]},
        "example": 17,
    }


def test_parameters_are_required_where_every_request_has_them(operate: "Operate") -> None:
    """Queries and headers; a name that is repeated is a list."""

    def url(*query: Any) -> dict[str, Any]:
        listed = [{"key": key, "value": value, "disabled": off} for key, value, off in query]
        return {"raw": "https://shop.example/orders", "query": listed}

    trace = [{"key": "X-Trace", "value": "a"}, {"key": "Accept", "value": "text/csv"}, {"key": "Host", "value": "x"}]
    operation = operate(
        {"url": url(("dry_run", "true", False), ("tag", "a", False), ("tag", "b", False)), "header": trace},
        {"url": url(("dry_run", "false", False), ("page", "1", True)), "header": [{"key": "x-trace", "value": "b"}]},
    )
    assert [(one["in"], one["name"], one["required"], one["schema"]) for one in operation["parameters"]] == [
        ("query", "dry_run", True, {"type": ["boolean", "string"]}),
        ("query", "tag", False, {"type": "array", "items": {"type": "string"}}),
        ("query", "page", False, {"type": ["integer", "string"]}),
        ("header", "X-Trace", True, {"type": "string"}),
    ]


def test_saved_answers_say_what_success_is(make: "Make") -> None:
    """Without any, every 2xx does."""
    saved = {**item(), "response": [{"code": 422}, {"code": 202}, {"code": 201}]}
    assert list(make(saved).document["paths"]["/orders"]["post"]["responses"]) == ["201", "202", "422"]
    assert list(make(item()).document["paths"]["/orders"]["post"]["responses"]) == ["2XX"]


def test_the_request_of_a_good_answer_is_one_more_example(make: "Make") -> None:
    """It makes no operation of its own, and that of a bad answer says nothing."""

    def sent(text: str, url: str = "https://shop.example/orders") -> dict[str, Any]:
        return {"method": "POST", "url": url, "body": {"mode": "raw", "raw": text}}

    answers = [
        {"code": 201, "originalRequest": sent('{"a": 1}')},
        {"code": 422, "originalRequest": sent("{}")},
        {"code": 200, "originalRequest": sent("{}", "https://shop.example/other")},
    ]
    made = make({**item(**sent('{"a": 1, "b": 2}')), "response": answers})
    schema = made.document["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["a"]
    assert list(made.document["paths"]) == ["/orders"]
    assert made.read == "1 requests make 1 operations at https://shop.example"


def test_the_server_is_where_most_requests_go(make: "Make") -> None:
    """The others are another API; --server takes them instead."""
    items = [item("a", "{{base}}/a"), item("b", "{{base}}/b"), item("Login", "https://login.example/token")]
    base = [{"key": "base", "value": "https://shop.example/v2"}]
    made = make(*items, variable=base)
    assert made.document["servers"] == [{"url": "https://shop.example/v2"}]
    assert list(made.document["paths"]) == ["/a", "/b"]
    assert made.left_out == (
        "Login: on another server; import that as an API of its own with --server https://login.example",
    )
    assert list(make(*items, variable=base, server="https://login.example/").document["paths"]) == ["/token"]
    many = [item(f"r{n}", "https://login.example/t") for n in range(2, 7)]
    assert (
        make(*items, *many, server="https://shop.example", variable=base)
        .left_out[0]
        .startswith("Login, r2, r3 and 3 more: on another server")
    )
    with pytest.raises(ContractError, match=r"they go to https://shop\.example, https://login\.example"):
        make(*items, variable=base, server="https://other.example")


def test_the_server_has_as_much_of_the_path_as_all_requests_share(make: "Make") -> None:
    """Where one is written without the variable, its path is whole."""
    base = [
        {"key": "base", "value": "https://shop.example/api/v2"},
        {"key": "old", "value": "https://shop.example/api/v1"},
    ]
    made = make(item("a", "{{base}}/a"), item("b", "{{old}}/b"), variable=base)
    assert made.document["servers"] == [{"url": "https://shop.example/api"}]
    assert list(made.document["paths"]) == ["/v2/a", "/v1/b"]
    made = make(item("a", "{{base}}/a"), item("b", "https://shop.example/b"), variable=base)
    assert made.document["servers"] == [{"url": "https://shop.example"}]
    assert list(made.document["paths"]) == ["/api/v2/a", "/b"]


def test_a_server_that_nobody_knows_is_a_variable(make: "Make") -> None:
    """Of the document, and of the environment in the config."""
    made = make(item(url="{{baseUrl}}/orders"))
    assert made.document["servers"] == [
        {"url": "{baseUrl}", "variables": {"baseUrl": {"default": "https://baseUrl.invalid"}}}
    ]
    assert 'base_url = "${env:BASE_URL}"' in made.config
    made = make(item(url="https://{{tenant}}.example/orders"))
    assert made.document["servers"][0]["url"] == "https://{tenant}.example"
    assert 'base_url = "https://${env:TENANT}.example"' in made.config


def test_what_is_not_known_is_told(make: "Make") -> None:
    """Of the server, of paths and of bodies: what each variable became."""
    raw = '{"qty": {{qty}}, "note": "{{word}}", "id": "{{$guid}}", "key": "{{known}}"}'
    one = item(url="https://{{host}}/orders/{{orderId}}/:line?a={{page}}", body={"mode": "raw", "raw": raw})
    assert make(one, variable=[{"key": "known", "value": "k"}, {"key": "orderId", "value": "17"}]).notes == (
        "the collection does not say what {{host}} is: set HOST, or write base_url yourself",
        "{{orderId}} stands in paths, so each job gives it as a parameter",
        "nothing is known of {{qty}}, {{word}}: where that stands in a body, jobs may have any value",
    )
    assert make(item()).notes == ()


def test_what_cannot_be_an_operation_is_left_out(make: "Make") -> None:
    """And where nothing is left, that is an error."""
    bad = [item("Link", method="LINK"), item("Socket", "wss://shop.example"), item("Nowhere", "/orders")]
    bad.append(item("Braces", "https://{shop}.example/orders"))
    assert make(*bad, item()).left_out == (
        "Link: OpenAPI has no method LINK",
        "Socket: its URL leads to no HTTP server",
        "Nowhere: its URL leads to no HTTP server",
        "Braces: its URL leads to no HTTP server",
    )
    with pytest.raises(ContractError, match="no request that an operation could be made of; Link: OpenAPI has no"):
        make(*bad)


def test_the_same_collection_makes_the_same_document(make: "Make") -> None:
    """Byte by byte."""
    items = [item(), item("b", "https://shop.example/b", auth={"type": "basic"})]
    assert orjson.dumps(make(*items).document) == orjson.dumps(make(*items).document)
