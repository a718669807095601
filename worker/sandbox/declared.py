"""Operations that are declared with plain JSON Schemas, where an API has no OpenAPI document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from worker.sandbox.document import Document, Place
from worker.sandbox.routes import names

_SECURITY: Final = "declared"


@dataclass(frozen=True, slots=True)
class Declared:
    """One operation, as a config without a contract declares it.

    Attributes:
        path: a template such as ``/shops/{shop}/orders``.
        params: a JSON Schema for the object of all parameters. Those that the path names are path parameters, the
            others go into the query; ``header.X-Trace``, ``query.id`` and ``path.id`` say where in so many words.
        body: a JSON Schema for the body; None for an operation that takes none. Either schema may say its own
            ``$schema``; without one it is 2020-12.
        success: statuses of a good answer; the first is what the sandbox gives.
        security: an OpenAPI security scheme, such as ``{"type": "http", "scheme": "bearer"}``; None: open to all.
    """

    id: str
    method: str
    path: str
    params: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    success: Sequence[int] = field(default=(200,))
    security: Mapping[str, Any] | None = None


def document(operations: Sequence[Declared]) -> Document:
    """The declarations as an OpenAPI 3.1 document, each schema a resource of its own that keeps its own draft."""
    paths: dict[str, dict[str, Any]] = {}
    schemes: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for number, declared in enumerate(operations):
        item: dict[str, Any] = {
            "operationId": declared.id,
            "responses": {str(status): {"description": ""} for status in declared.success},
        }
        if declared.params is not None:
            name = f"urn:sandbox:{number}:params"
            schemas[name] = dict(declared.params)
            item["parameters"] = _parameters(name, declared)
        if declared.body is not None:
            name = f"urn:sandbox:{number}:body"
            schemas[name] = dict(declared.body)
            item["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"$ref": name}}}}
        if declared.security is not None:
            schemes[f"{_SECURITY}-{number}"] = dict(declared.security)
            item["security"] = [{f"{_SECURITY}-{number}": []}]
        paths.setdefault(declared.path, {})[declared.method.lower()] = item
    root = {"openapi": "3.1.0", "paths": paths, "components": {"securitySchemes": schemes}}
    return Document(root, schemas)


def _parameters(resource: str, declared: Declared) -> list[dict[str, Any]]:
    assert declared.params is not None
    required = declared.params.get("required") or ()
    listed = []
    for name in declared.params.get("properties") or ():
        where, _, rest = name.partition(".")
        if where not in ("path", "query", "header", "cookie") or not rest:
            where, rest = ("path" if name in names(declared.path) else "query"), name
        schema = {"$ref": Place(resource, ("properties", name)).uri}
        listed.append({"name": rest, "in": where, "required": name in required, "schema": schema})
    return listed
