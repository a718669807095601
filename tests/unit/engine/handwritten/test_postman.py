import json
from pathlib import Path
from typing import Any

import pytest

from worker.contract.postman.collection import read
from worker.contract.postman.document import imported
from worker.engine.handwritten.draft import Account, Draft
from worker.engine.handwritten.postman import postman
from worker.engine.handwritten.text import Hole, Text
from worker.errors import UsageError

URL: Text = ("https://shop.example/v2/orders?key=", Hole("SHOP_KEY", encoded=True))
HEADERS: tuple[tuple[str, Text], ...] = (
    ("Authorization", ("Bearer ", Hole("SHOP_TOKEN"))),
    ("Content-Type", ("application/json",)),
)


def collection(draft: Draft) -> dict[str, Any]:
    """What is printed for a draft."""
    made: dict[str, Any] = json.loads(postman(draft, "order-17"))
    return made


def test_a_collection_has_one_request_and_its_variables() -> None:
    """Without values: those are for the person to fill in."""
    made = collection(Draft("POST", URL, HEADERS, '{"sku":"ü"}'.encode(), remarks=("one", "two")))
    assert made["info"]["description"] == "one\ntwo"
    assert made["item"] == [
        {
            "name": "order-17",
            "request": {
                "method": "POST",
                "header": [
                    {"key": "Authorization", "value": "Bearer {{SHOP_TOKEN}}"},
                    {"key": "Content-Type", "value": "application/json"},
                ],
                "url": "https://shop.example/v2/orders?key={{SHOP_KEY}}",
                "auth": {"type": "noauth"},
                "body": {"mode": "raw", "raw": '{"sku":"ü"}'},
            },
        }
    ]
    assert [(one["key"], one["value"]) for one in made["variable"]] == [("SHOP_KEY", ""), ("SHOP_TOKEN", "")]


def test_an_account_is_postmans_to_encode() -> None:
    """As its own kind of auth."""
    made = collection(Draft("GET", ("https://shop.example",), (), None, Account("ada", (Hole("F", Path("/run/f")),))))
    assert made["item"][0]["request"]["auth"]["basic"] == [
        {"key": "username", "value": "ada"},
        {"key": "password", "value": "{{F}}"},
    ]


def test_our_own_import_reads_it(tmp_path: Path) -> None:
    """What goes out comes back in."""
    file = tmp_path / "order-17.json"
    file.write_text(postman(Draft("POST", URL, HEADERS, b'{"sku":"a"}'), "order-17"), "utf-8")
    made = imported(read(file), None, None, "x.json")
    operation = made.document["paths"]["/v2/orders"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["example"] == {"sku": "a"}
    assert operation["security"] == [{"bearer": []}]


def test_bytes_that_are_no_text_are_no_body_of_a_collection() -> None:
    """There is no place for them."""
    with pytest.raises(UsageError, match="use --as curl"):
        postman(Draft("PUT", ("https://shop.example",), (), b"\xff"), "x")


def test_braces_that_postman_would_replace_are_told_of() -> None:
    """They cannot be escaped."""
    made = collection(Draft("PUT", ("https://shop.example",), (), b'{"a":"{{SHOP_TOKEN}}"}'))
    assert "which Postman may replace: use --as curl" in made["info"]["description"]
