"""Reads the operations out of an OpenAPI 3.0 or 3.1 document."""

from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs

from worker.errors import ContractError
from worker.sandbox.document import ROOT, Document, Place
from worker.sandbox.operation import Body, Operation, Parameter, Scheme, is_where
from worker.sandbox.routes import names

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_STYLES: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

#: Headers that belong to HTTP itself; as parameters OpenAPI says to ignore them.
_NOT_PARAMETERS: Final = frozenset({"accept", "content-type", "authorization"})

_DIALECTS: Final = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://spec.openapis.org/oas/3.1/dialect/",
)


def draft(document: Document) -> int:
    """The JSON Schema draft that the document's schemas are written in; 4 stands for 3.0's relative of it.

    Raises:
        ContractError: it is no OpenAPI 3.0 or 3.1 document, or uses a dialect that we cannot judge by.
    """
    version = document.root.get("openapi")
    if isinstance(version, str) and version.startswith("3.0."):
        return jsonschema_rs.Draft4
    if not (isinstance(version, str) and version.startswith("3.1.")):
        raise ContractError(f"#/openapi is {version!r}: the sandbox serves OpenAPI 3.0.x and 3.1.x")
    dialect = document.root.get("jsonSchemaDialect", _DIALECTS[0])
    if not str(dialect).startswith(_DIALECTS):
        raise ContractError(f"#/jsonSchemaDialect is {dialect!r}: the sandbox judges by {_DIALECTS[0]} only")
    return jsonschema_rs.Draft202012


def schemes(document: Document) -> dict[str, Scheme]:
    """The security schemes by name."""
    at = Place(ROOT, ("components", "securitySchemes"))
    declared = _mapping(_mapping(document.root.get("components")).get("securitySchemes"))
    return {name: _scheme(name, document.get(document.follow(at.child(name)))) for name in declared}


def _scheme(name: str, declared: dict[str, Any]) -> Scheme:
    match (declared.get("type"), str(declared.get("scheme", "")).lower(), declared.get("in")):
        case ("http", "basic", _):
            return Scheme(name, "basic")
        case ("http" | "oauth2" | "openIdConnect", _, _):
            return Scheme(name, "bearer")
        case ("apiKey", _, "header"):
            return Scheme(name, "header", str(declared.get("name")).lower())
        case ("apiKey", _, "query" | "cookie" as where):
            return Scheme(name, "query" if where == "query" else "cookie", str(declared.get("name")))
        case _:
            return Scheme(name, "none")


def operations(document: Document) -> Iterator[Operation]:
    """Every operation, in the document's order.

    Raises:
        ContractError: a reference leads nowhere, or a parameter is not usable; names the place.
    """
    for path in _mapping(document.root.get("paths")):
        if not path.startswith("/"):
            continue  # an extension, x-...
        at = document.follow(Place(ROOT, ("paths", path)))
        item = _mapping(document.get(at))
        shared = dict(_parameters(document, at, path))
        for method in _METHODS:
            if method in item:
                yield _operation(document, at.child(method), path, shared)


def _operation(document: Document, at: Place, path: str, shared: dict[tuple[str, str], Parameter]) -> Operation:
    declared = _mapping(document.get(at))
    method = at.tokens[-1].upper()
    security = declared.get("security", document.root.get("security")) or ()
    success, answer = _success(document, at.child("responses"), _mapping(declared.get("responses")))
    return Operation(
        id=declared.get("operationId") or f"{method} {path}",
        method=method,
        path=path,
        names=names(path),
        parameters=tuple({**shared, **dict(_parameters(document, at, path))}.values()),
        body=_body(document, at.child("requestBody")) if "requestBody" in declared else None,
        security=tuple(tuple(alternative) for alternative in security),
        success=success,
        answer=answer,
    )


def _parameters(document: Document, at: Place, path: str) -> Iterator[tuple[tuple[str, str], Parameter]]:
    template = names(path)
    for number in range(len(_mapping(document.get(at)).get("parameters") or ())):
        parameter = _parameter(document, document.follow(at.child("parameters", str(number))))
        ignored = parameter.where == "header" and parameter.name in _NOT_PARAMETERS
        stray = parameter.where == "path" and parameter.name not in template
        if not (ignored or stray):
            yield (parameter.where, parameter.name), parameter


def _parameter(document: Document, at: Place) -> Parameter:
    declared = _mapping(document.get(at))
    name, where = declared.get("name"), is_where(declared.get("in"))
    if not isinstance(name, str) or where is None:
        raise ContractError(f"{at.uri} has no usable `name` and `in`: give both")
    style = str(declared.get("style", _STYLES[where]))
    content = next(iter(_mapping(declared.get("content"))), None)
    schema = at.child("schema") if "schema" in declared else None
    if content is not None:
        media = _mapping(declared["content"][content])
        schema = at.child("content", content, "schema") if "schema" in media else None
    return Parameter(
        name=name.lower() if where == "header" else name,
        where=where,
        required=declared.get("required") is True or where == "path",
        style=style,
        explode=bool(declared.get("explode", style == "form")),
        schema=schema,
        json=content is not None and "json" in content,
    )


def _body(document: Document, at: Place) -> Body:
    at = document.follow(at)
    declared = _mapping(document.get(at))
    content = _mapping(declared.get("content"))
    return Body(
        media={
            media.split(";")[0].strip().lower(): at.child("content", media, "schema")
            if "schema" in _mapping(content[media])
            else None
            for media in content
        },
        required=declared.get("required") is True,
    )


def _success(document: Document, at: Place, responses: dict[str, Any]) -> tuple[int, Place | None]:
    for status in responses:
        if status.startswith("2"):
            return int(status.upper().replace("X", "0")), document.follow(at.child(status))
    return 200, document.follow(at.child("default")) if "default" in responses else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
