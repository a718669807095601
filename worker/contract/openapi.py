"""Reads the operations of an OpenAPI 3.0 or 3.1 document.

The document is kept whole: schemas stay where they stand and are referred to by pointer, so nothing is inlined and
recursion costs nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from worker.contract import parameters
from worker.contract.dialect import to_draft4
from worker.contract.document import fragment
from worker.contract.media import Kind
from worker.contract.operation import IDEMPOTENT_METHODS, Body, Content, Operation
from worker.contract.reference import URI, follow
from worker.contract.schema import Dialect, dialect_of
from worker.errors import ContractError

__all__ = ["URI", "Read", "read"]

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
#: What is sent where a contract has several media types and the job does not say which: JSON needs no explaining.
_PREFERENCE: Final[tuple[Kind, ...]] = ("json", "form", "multipart", "text", "binary")


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a document."""

    operations: tuple[Operation, ...]
    dialect: Dialect
    title: str


def read(document: Any) -> Read:
    """Read every operation; the document's 3.0 schemas are rewritten to Draft 4 in place.

    Raises:
        ContractError: it is no OpenAPI 3.0 or 3.1 document, or a parameter is undefined; the message has the pointer.
    """
    version = _version(document)
    document.pop("$schema", None)  # for editors: says what the document is, not how its schemas are to be read
    if version == "3.0":
        to_draft4(document)
    info = document.get("info")
    title = str(info.get("title", "")) if isinstance(info, dict) else ""
    return Read(tuple(_operations(document)), _dialect(document, version), title)


def _version(document: Any) -> str:
    declared = document.get("openapi") if isinstance(document, dict) else None
    if isinstance(declared, str) and declared[:4] in {"3.0.", "3.1."}:
        return declared[:3]
    if isinstance(document, dict) and "swagger" in document:
        raise ContractError(
            "this is a Swagger 2.0 document; convert it to OpenAPI 3 (for example with swagger2openapi)"
        )
    raise ContractError(f"not an OpenAPI 3.0 or 3.1 document (openapi: {declared!r})")


def _dialect(document: dict[str, Any], version: str) -> Dialect:
    if version == "3.0":
        return "draft4"
    declared = document.get("jsonSchemaDialect")
    if declared is None or "spec.openapis.org/oas/3.1/dialect" in str(declared):
        return "2020-12"  # the OAS base dialect is 2020-12 and annotations
    return dialect_of({"$schema": declared})


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    taken: set[str] = set()
    for path, item, at in _path_items(document):
        for method in _METHODS:
            if not isinstance(found := item.get(method), dict):
                continue
            here = f"{at}{fragment(method)}"
            name = found.get("operationId") or f"{method.upper()} {path}"
            if not isinstance(name, str):
                raise ContractError(f"{here}: operationId {name!r} is no text; write it in quotes")
            if name in taken:
                raise ContractError(f"{here}: operationId {name!r} stands twice; rename one")
            taken.add(name)
            groups = ((item.get("parameters"), at), (found.get("parameters"), here))
            yield _operation(document, _Place(path, method.upper(), name, here), found, groups)


def _path_items(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Paths with their items and where those stand."""
    paths = document.get("paths")
    for path, given in paths.items() if isinstance(paths, dict) else ():
        if path.startswith("x-"):
            continue
        here = f"#{fragment('paths', path)}"
        if not path.startswith("/"):
            raise ContractError(f"{here}: a path starts with a slash; write {'/' + path!r}")
        item, at = follow(document, given, here)
        if isinstance(item, dict):
            yield path, item, at


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    method: str
    name: str
    at: str


def _operation(document: Any, place: _Place, found: dict[str, Any], groups: parameters.Groups) -> Operation:
    body, unusable = _body(document, found.get("requestBody"), place.at)
    success, answers = _success(document, found.get("responses"), place.at)
    return Operation(
        name=place.name,
        method=place.method,
        path=place.path,
        parameters=parameters.read(document, place.path, groups),
        body=body,
        success=success,
        answers=answers,
        idempotent=place.method in IDEMPOTENT_METHODS,
        summary=str(found.get("summary", "")),
        unusable=unusable,
    )


def _body(document: Any, given: Any, operation_at: str) -> tuple[Body | None, str | None]:
    value, at = follow(document, given, f"{operation_at}{fragment('requestBody')}")
    content = value.get("content") if isinstance(value, dict) else None
    if not isinstance(content, dict) or not content:
        return None, None
    required = value.get("required") is True
    contents = [Content(media, parameters.described_by(one, at, "content", media)) for media, one in content.items()]
    contents.sort(key=lambda one: _PREFERENCE.index(one.kind))
    return Body(required, tuple(contents)), None


def _success(document: Any, responses: Any, operation_at: str) -> tuple[frozenset[int], frozenset[str]]:
    """The statuses that mean delivered, and the media types of those answers; empty sets where any 2xx does."""
    statuses: set[int] = set()
    answers: set[str] = set()
    for status, given in responses.items() if isinstance(responses, dict) else ():
        if not status.startswith("2"):
            continue
        if not (status.isascii() and status.isdecimal()):  # "2XX"
            return frozenset(), frozenset()
        statuses.add(int(status))
        value, _ = follow(document, given, f"{operation_at}{fragment('responses', status)}")
        content = value.get("content") if isinstance(value, dict) else None
        answers.update(content if isinstance(content, dict) else ())
    return frozenset(statuses), frozenset(answers)
