"""A contract document is a JSON value; these fixtures make one around an operation and read it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from worker.contract import openapi
from worker.contract.contract import DocumentContract, from_document
from worker.contract.library import Library
from worker.contract.openapi import Read
from worker.contract.operation import Operation
from worker.errors import ContractError

Describe = Callable[..., dict[str, Any]]
ReadDocument = Callable[[Any], Read]
ReadOperation = Callable[[Any], Operation]
Complain = Callable[[Any], str]
Compile = Callable[[Any], DocumentContract]


@pytest.fixture
def describe() -> Describe:
    """A document with one operation, ``op``, at ``POST /things/{id}``, and whatever else is given."""

    def call(version: str = "3.1.0", path: str = "/things/{id}", operation: Any = None, **more: Any) -> dict[str, Any]:
        item = {"post": {"operationId": "op", **(operation or {})}, **more.pop("item", {})}
        return {"openapi": version, "info": {"title": "Things", "version": "1"}, "paths": {path: item}, **more}

    return call


@pytest.fixture
def read() -> ReadDocument:
    """Reads a document as it would come out of a file."""
    return lambda document: openapi.read(Library(orjson.loads(orjson.dumps(document))))


@pytest.fixture
def only(read: ReadDocument) -> ReadOperation:
    """The first operation of a document."""
    return lambda document: next(iter(read(document).operations.values()))


@pytest.fixture
def complain(only: ReadOperation) -> Complain:
    """The message that a document, or its first operation, is refused with."""

    def call(document: Any) -> str:
        try:
            operation = only(document)
        except ContractError as error:
            return str(error)
        assert operation.unusable is not None
        return operation.unusable

    return call


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """The contract of a document, read from a file."""

    def call(document: Any) -> DocumentContract:
        file = tmp_path / "contract.json"
        file.write_bytes(orjson.dumps(document))
        return from_document(file)

    return call
