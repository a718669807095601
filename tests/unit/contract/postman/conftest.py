"""A collection is a JSON value; these fixtures make one around its items and import it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from worker.contract.postman.collection import Collection, read
from worker.contract.postman.document import Imported, imported

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

Gather = Callable[..., Collection]
Make = Callable[..., Imported]
Operate = Callable[..., dict[str, Any]]


@pytest.fixture
def gather(tmp_path: Path) -> Gather:
    """Reads a collection of these items; keywords are its other members."""

    def call(*items: Any, **more: Any) -> Collection:
        file = tmp_path / "shop.json"
        file.write_bytes(orjson.dumps({"info": {"name": "Shop", "schema": SCHEMA}, "item": items, **more}))
        return read(file)

    return call


@pytest.fixture
def make(gather: Gather) -> Make:
    """Imports a collection of these items."""

    def call(*items: Any, api: str | None = None, server: str | None = None, **more: Any) -> Imported:
        return imported(gather(*items, **more), api, server, "shop.openapi.json")

    return call


@pytest.fixture
def operate(make: Make) -> Operate:
    """The first operation of the document that these requests make; all are ``POST https://shop.example/orders``."""

    def call(*requests: Any, **more: Any) -> dict[str, Any]:
        given = {"method": "POST", "url": "https://shop.example/orders"}
        items = [{"name": "Create order", "request": {**given, **request}} for request in requests]
        item = next(iter(make(*items, **more).document["paths"].values()))
        operation: dict[str, Any] = next(iter(item.values()))
        return operation

    return call
