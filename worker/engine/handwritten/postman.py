"""Writes a request as a Postman collection (version 2.1) with this one request in it."""

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

from worker.engine.handwritten.draft import Draft
from worker.engine.handwritten.text import Hole, Text, variable
from worker.errors import UsageError

_SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def postman(draft: Draft, name: str) -> str:
    """A collection as JSON text in ASCII; its variables are empty and have to be filled in.

    Args:
        draft: the request.
        name: what Postman calls it.

    Raises:
        UsageError: the body holds bytes that are no text, which no collection can.
    """
    request: dict[str, Any] = {
        "method": draft.method,
        "header": [{"key": key, "value": _text(value)} for key, value in draft.headers],
        "url": _text(draft.url),
    }
    if draft.account is not None:
        pairs = (("username", draft.account.username), ("password", _text(draft.account.password)))
        request["auth"] = {"type": "basic", "basic": [{"key": key, "value": value} for key, value in pairs]}
    else:
        request["auth"] = {"type": "noauth"}  # what stands in the headers is all that there is
    if draft.body is not None:
        request["body"] = {"mode": "raw", "raw": _decoded(draft.body)}
    remarks = "\n".join([*draft.remarks, *_replaced(draft)])
    collection = {
        "info": {"name": name, "schema": _SCHEMA, **({"description": remarks} if remarks else {})},
        "item": [{"name": name, "request": request}],
        "variable": [{"key": variable(hole.name), "value": "", "type": "string"} for hole in draft.holes],
    }
    return json.dumps(collection, indent=2)


def _text(text: Text) -> str:
    return "".join(f"{{{{{variable(part.name)}}}}}" if isinstance(part, Hole) else part for part in text)


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise UsageError("the body is no text, which a Postman collection cannot hold: use --as curl") from None


def _replaced(draft: Draft) -> Iterator[str]:
    literal = [part for text in (draft.url, *dict(draft.headers).values()) for part in text if isinstance(part, str)]
    literal.append((draft.body or b"").decode("utf-8", "replace"))
    if any("{{" in unquote(text) for text in literal):
        yield "The request holds {{...}} of its own, which Postman may replace: use --as curl to send it as it is"
