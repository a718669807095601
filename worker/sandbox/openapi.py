"""Reads the operations out of an OpenAPI 3.0 or 3.1 document."""

import re
from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Final

import jsonschema_rs

from worker.errors import ContractError
from worker.sandbox.document import ROOT, Document, Place
from worker.sandbox.inputs import body, listing, mapping, parameters
from worker.sandbox.operation import Operation, Scheme
from worker.sandbox.routes import ANY_METHOD, names

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_SUCCESS: Final = re.compile(r"2([0-9]{2}|[xX]{2})")

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
    """The security schemes by name, those that cannot be read left out: operations that want them are broken."""
    at = Place(ROOT, ("components", "securitySchemes"))
    found: dict[str, Scheme] = {}
    for name in mapping(document, at):
        try:
            found[name] = _scheme(name, mapping(document, document.follow(at.child(name))))
        except ContractError:
            continue
    return found


def _scheme(name: str, declared: dict[str, object]) -> Scheme:
    match (declared.get("type"), declared.get("in")):
        case ("http", _):
            return Scheme(name, "http", str(declared.get("scheme", "bearer")).lower())
        case ("oauth2" | "openIdConnect", _):
            return Scheme(name, "http", "bearer")
        case ("apiKey", "header"):
            return Scheme(name, "header", str(declared.get("name")).lower())
        case ("apiKey", "query" | "cookie" as where):
            return Scheme(name, "query" if where == "query" else "cookie", str(declared.get("name")))
        case _:
            return Scheme(name, "none")


def operations(document: Document, known: Container[str]) -> Iterator[Operation]:
    """Every operation, in the document's order; one that cannot be read says why it is broken.

    ``known`` are the names of the security schemes that can be read.
    """
    at = Place(ROOT, ("paths",))
    for path in mapping(document, at):
        if path.startswith("/"):  # others are extensions, x-...
            for operation in _operations_of(document, at.child(path), path):
                yield _secured(operation, known)


def _secured(operation: Operation, known: Container[str]) -> Operation:
    """The same; broken where it wants a scheme that nobody can read."""
    for name in (name for alternative in operation.security for name in alternative):
        if name not in known:
            reason = f"it wants the security scheme {name!r}: declare it under components"
            return replace(operation, security=(), broken=reason)
    return operation


def _operations_of(document: Document, at: Place, path: str) -> Iterator[Operation]:
    try:
        homes = list(dict.fromkeys((document.follow(at), at)))  # what stands beside a $ref has precedence
        items = [mapping(document, home) for home in homes]
    except ContractError as error:
        yield Operation(path, ANY_METHOD, path, names(path), broken=str(error))
        return
    for method in _METHODS:
        holders = [home for home, item in zip(homes, items, strict=True) if method in item]
        if holders:
            yield _operation(document, homes, holders[-1].child(method), path)


def _operation(document: Document, homes: list[Place], at: Place, path: str) -> Operation:
    method = at.tokens[-1].upper()
    name = f"{method} {path}"
    try:
        at = document.follow(at)
        declared = mapping(document, at)
        own = declared.get("operationId")
        name = own if isinstance(own, str) and own else name
        found = {key: each for home in (*homes, at) for key, each in parameters(document, home, path)}
        success, answer = _success(document, at.child("responses"))
        return Operation(
            id=name,
            method=method,
            path=path,
            names=names(path),
            parameters=tuple(found.values()),
            body=body(document, at.child("requestBody")) if "requestBody" in declared else None,
            security=_security(document, at),
            success=success,
            answer=answer,
        )
    except ContractError as error:
        return Operation(name, method, path, names(path), broken=str(error))


def _security(document: Document, at: Place) -> tuple[tuple[str, ...], ...]:
    holder = at if "security" in mapping(document, at) else Place(ROOT)
    wanted = holder.child("security")
    return tuple(
        tuple(mapping(document, wanted.child(str(number)))) for number in range(len(listing(document, wanted)))
    )


def _success(document: Document, at: Place) -> tuple[int, Place | None]:
    responses = mapping(document, at)
    for status in responses:
        if _SUCCESS.fullmatch(status):
            return int(status.upper().replace("X", "0")), document.follow(at.child(status))
    return 200, document.follow(at.child("default")) if "default" in responses else None
