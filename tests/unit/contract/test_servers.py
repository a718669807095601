from typing import Any

import pytest

from tests.unit.contract.conftest import Describe
from worker.contract import openapi, servers
from worker.contract.library import Library
from worker.contract.openapi import Habits
from worker.errors import ContractError

REGIONS = {"url": "https://{region}.shop.example/v2/", "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}}}


def test_the_first_server_is_where_requests_go() -> None:
    """Its variables filled in, and without a slash at its end."""
    document = {"servers": [REGIONS, {"url": "https://other.example"}]}
    assert servers.address(document, {}) == "https://eu.shop.example/v2"
    assert servers.address(document, {"region": "us"}) == "https://us.shop.example/v2"


@pytest.mark.parametrize(
    ("document", "variables", "words"),
    [
        ({}, {}, "no server"),
        ({"servers": []}, {}, "no server"),
        ({"servers": [{"url": "/v2"}]}, {}, "relative"),
        ({"servers": [REGIONS]}, {"region": "mars"}, "one of eu, us"),
        ({"servers": [REGIONS]}, {"regoin": "eu"}, "it has region"),
        ({"servers": [{"url": "https://{host}"}]}, {}, "'host' has no default"),
    ],
)
def test_what_is_no_address_says_what_to_write(document: Any, variables: dict[str, str], words: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ContractError, match=words):
        servers.address(document, variables)


@pytest.mark.parametrize(
    ("base_url", "usable"),
    [
        ("https://uploads.example", True),
        ("https://api.example", False),
        (None, False),
        ("http://127.0.0.1:8080", True),
    ],
)
def test_an_operation_of_another_server_is_not_called_here(
    describe: Describe,
    base_url: str | None,
    usable: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Unless requests go to a test system, which is none of the document's servers and stands in for all of them."""
    own = {"servers": [{"url": "https://uploads.example/"}]}
    document = describe(operation=own, servers=[{"url": "https://api.example"}])
    operation = openapi.read(Library(document), Habits(base_url=base_url)).operations["op"]
    assert (operation.unusable is None) is usable
    assert usable or "https://uploads.example" in (operation.unusable or "")


def test_the_servers_of_a_path_count_for_its_operations(describe: Describe) -> None:
    """Those of the operation itself come first."""
    item = {"servers": [{"url": "https://uploads.example"}]}
    document = describe(item=item, servers=[{"url": "https://api.example"}])
    assert openapi.read(Library(document)).operations["op"].unusable


def test_a_server_that_is_no_url_is_told() -> None:
    """Instead of being taken apart by whoever meets it."""
    with pytest.raises(ContractError, match="is no URL"):
        servers.address({"servers": [{"url": "http://["}]}, {})
