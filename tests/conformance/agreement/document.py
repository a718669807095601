"""Cuts a document down to one operation and all that it refers to: what another reader needs of 13 MB."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

#: What is not about requests, or is another stage's: credentials, answers, where the API is.
_LEFT_OUT: Final = frozenset({"callbacks", "responses", "security", "servers"})


def cut(document: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """A document of one operation; references stay references, so that each reader has to follow them.

    Raises:
        LookupError: something that it refers to is not in the document.
    """
    item = document["paths"][path]
    operation = {name: value for name, value in item[method].items() if name not in _LEFT_OUT}
    kept: dict[str, Any] = {
        "openapi": document["openapi"],
        "info": {"title": "", "version": ""},
        "paths": {
            path.partition("#")[0]: {  # AWS's documents tell operations of one path apart by fragments
                "parameters": item.get("parameters") or [],
                method: {**operation, "responses": {"default": {"description": ""}}},
            }
        },
    }
    if "jsonSchemaDialect" in document:
        kept["jsonSchemaDialect"] = document["jsonSchemaDialect"]
    waiting, done = list(_references(kept)), set[str]()
    while waiting:
        reference = waiting.pop()
        if reference in done:
            continue
        done.add(reference)
        waiting.extend(_references(_keep(document, reference, kept)))
    return kept


def followed(document: dict[str, Any], value: Any) -> Any:
    """What a value stands for, if it is a reference; None where that is not in the document."""
    for _ in range(20):
        if not isinstance(value, dict) or not isinstance(reference := value.get("$ref"), str):
            return value
        try:
            value = _found(document, _tokens(reference))
        except LookupError:
            return None
    return None


def _keep(document: dict[str, Any], reference: str, kept: dict[str, Any]) -> Any:
    """Put what a reference points to where it stands in the whole document; of a list, the whole list."""
    tokens = _tokens(reference)
    here, value = kept, document
    for token in tokens[:-1]:
        value = _found(value, [token])
        if isinstance(value, list):
            here[token] = value
            return value
        here = here.setdefault(token, {})
    here[tokens[-1]] = value = _found(value, tokens[-1:])
    return value


def _found(value: Any, tokens: list[str]) -> Any:
    for token in tokens:
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


def _tokens(reference: str) -> list[str]:
    if not reference.startswith("#/"):
        raise LookupError(f"{reference} leaves the document")
    return [unquote(token).replace("~1", "/").replace("~0", "~") for token in reference[2:].split("/")]


def _references(value: Any) -> Iterator[str]:
    """Every ``$ref`` inside of a value, and every schema that a discriminator maps to."""
    for here in inside(value):
        if isinstance(reference := here.get("$ref"), str):
            yield reference
        if isinstance(mapping := here.get("mapping"), dict) and "propertyName" in here:
            yield from (one for one in mapping.values() if isinstance(one, str) and one.startswith("#/"))


def inside(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside of a value, and the value itself if it is one."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as here:
                yield here
                waiting.extend(here.values())
            case list() as here:
                waiting.extend(here)
