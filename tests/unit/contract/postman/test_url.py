from typing import Any

import pytest

from worker.contract.postman.collection import Pair, Request
from worker.contract.postman.infer import Unknown
from worker.contract.postman.url import Target, target
from worker.contract.postman.variables import Variables

KNOWN = Variables(
    {"baseUrl": "https://{{host}}/v2/", "host": "shop.example", "version": "v3", "id": "17", "loop": "{{loop}}"}
)


def taken_apart(url: Any, variables: Variables = KNOWN) -> Target:
    """The target of a request to a URL."""
    return target(Request("r", (), "GET", url, (), None, None, variables))


@pytest.mark.parametrize(
    ("url", "origin", "prefix", "path"),
    [
        ("https://shop.example/orders", "https://shop.example", "", "/orders"),
        ("https://shop.example", "https://shop.example", "", "/"),
        ("https://shop.example:8443/a/", "https://shop.example:8443", "", "/a/"),
        ("shop.example/orders", "http://shop.example", "", "/orders"),
        ("{{baseUrl}}/orders", "https://shop.example", "/v2", "/orders"),
        ("{{baseUrl}}?a=1#top", "https://shop.example", "/v2", "/"),
        ("https://{{host}}/orders", "https://shop.example", "", "/orders"),
        ("{{host}}/orders", "http://shop.example", "", "/orders"),
        ("{{nobody}}/orders", "{{nobody}}", "", "/orders"),
        ("{{loop}}/orders", "{{loop}}", "", "/orders"),
        ("https://{{nobody}}.example/a", "https://{{nobody}}.example", "", "/a"),
        ("https://ada:hunter2@shop.example/a", "https://shop.example", "", "/a"),
        ("{{baseUrl}}/{{version}}/orders", "https://shop.example", "/v2", "/v3/orders"),
        ("{{baseUrl}}/orders/{{version}}", "https://shop.example", "/v2", "/orders/{version}"),
        ("{{baseUrl}}/orders/:id", "https://shop.example", "/v2", "/orders/{id}"),
        ("{{baseUrl}}/orders/:id.json", "https://shop.example", "/v2", "/orders/{id}.json"),
        ("{{baseUrl}}/orders/{id}", "https://shop.example", "/v2", "/orders/{id}"),
        ("{{baseUrl}}/orders-{{a b}}.json", "https://shop.example", "/v2", "/orders-{a_b}.json"),
        ("{{baseUrl}}/orders/{{$guid}}", "https://shop.example", "/v2", "/orders/{guid}"),
        ("", "", "", "/"),
    ],
)
def test_a_url_becomes_a_server_and_a_template(url: str, origin: str, prefix: str, path: str) -> None:
    """Known variables are replaced in the server's part; behind it they are parameters."""
    assert taken_apart(url)[:3] == (origin, prefix, path)


def test_a_url_may_be_in_parts() -> None:
    """They count where the text is missing."""
    parts = {"protocol": "https", "host": ["shop", "example"], "port": "8443", "path": ["orders", {"value": ":id"}]}
    assert taken_apart(parts)[:3] == ("https://shop.example:8443", "", "/orders/{id}")
    assert taken_apart({"host": "shop.example", "path": "/a/b"})[:3] == ("http://shop.example", "", "/a/b")


def test_names_in_the_path_bring_what_is_known_of_them() -> None:
    """The values of path variables and of the collection's."""
    url = {
        "raw": "{{baseUrl}}/shops/:shop/orders/{{id}}/{{nobody}}",
        "variable": [{"key": "shop", "value": "ulm", "description": "which"}, {"key": "other", "value": "x"}],
    }
    found = taken_apart(url)
    assert found.values == {"shop": "ulm", "id": "17", "nobody": Unknown.TEXT}
    assert found.descriptions == {"shop": "which"}


def test_the_query_is_the_list_or_else_the_text() -> None:
    """Only the list has what is switched off."""
    assert taken_apart("{{baseUrl}}?q=a%20b&q=c+d&=1&flag").query == (
        Pair("q", "a b"),
        Pair("q", "c d"),
        Pair("flag", ""),
    )
    listed = {
        "raw": "{{baseUrl}}?a=1",
        "query": [{"key": "a", "value": "1"}, {"key": "b", "value": None, "disabled": True}],
    }
    assert taken_apart(listed).query == (Pair("a", "1"), Pair("b", "", enabled=False))


def test_variables_that_grow_are_not_followed_for_ever() -> None:
    """A few lines could ask for terabytes."""
    bomb = {f"v{n}": f"{{{{v{n + 1}}}}}" * 10 for n in range(12)}
    assert len(taken_apart("https://shop.example/{{v0}}", Variables(bomb)).path) < 100_000
