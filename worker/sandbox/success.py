"""The good answer of an operation: the contract's own example, or a small echo."""

from typing import Any, Final

import orjson

from worker.sandbox.answer import Answer
from worker.sandbox.document import Document, Place
from worker.sandbox.operation import Operation
from worker.sandbox.received import Received

#: These never have a body.
_EMPTY: Final = frozenset({204, 205, 304})


class Success:
    """Good answers of one operation. Whatever the contract says about them is read once."""

    def __init__(self, operation: Operation, document: Document) -> None:
        self._operation = operation
        response = document.get(operation.answer) if operation.answer else {}
        self._locates = any(name.lower() == "location" for name in response.get("headers") or ())
        example = _example(operation.answer, document) if operation.answer else None
        self._body = None if example is None else orjson.dumps(example)

    def answer(self, request: Received, name: str) -> Answer:
        """The answer to a request whose result is called ``name``."""
        operation = self._operation
        headers = {"Location": f"{request.path.rstrip('/')}/{name}"} if self._locates else {}
        if operation.success in _EMPTY or operation.method == "HEAD":
            return Answer(operation.success, b"", headers)
        body = self._body or orjson.dumps({"id": name, "operation": operation.id, "received": True})
        return Answer(operation.success, body, {"Content-Type": "application/json", **headers})


def _example(response: Place, document: Document) -> Any:
    """The first example for JSON that the contract has inline; None where there is none."""
    content = document.get(response).get("content") or {}
    media = next((name for name in content if "json" in name), None)
    if media is None:
        return None
    at = response.child("content", media)
    described = document.get(at)
    if "example" in described:
        return described["example"]
    for name in described.get("examples") or ():
        example = document.get(document.follow(at.child("examples", name)))
        if "value" in example:
            return example["value"]
    if "schema" not in described:
        return None
    schema = document.get(document.follow(at.child("schema")))
    return schema.get("example") if isinstance(schema, dict) else None
