"""Operations declared in the config, where an API has no contract document: a method, a path, and JSON Schemas."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from worker.contract import document
from worker.contract.operation import (
    IDEMPOTENT_METHODS,
    Body,
    JsonSchema,
    Operation,
    Parameter,
    ParameterPlace,
    flat_names,
)
from worker.errors import ContractError
from worker.settings.sections import OperationSettings

_IN_PATH: Final = re.compile(r"\{([^{}]+)\}")
_PLACES: Final[tuple[ParameterPlace, ...]] = ("path", "query", "header", "cookie")


def read(declarations: Mapping[str, OperationSettings]) -> tuple[tuple[Operation, ...], dict[str, Any]]:
    """The operations, and the documents that their schemas refer to, by URI.

    Raises:
        ContractError: a schema file cannot be read, or path and params do not fit each other.
    """
    documents: dict[str, Any] = {}
    operations = tuple(_operation(one, documents) for one in declarations.values())
    return operations, documents


def _operation(one: OperationSettings, documents: dict[str, Any]) -> Operation:
    body = None
    if one.body is not None:
        uri = f"urn:preflight:{one.name}:body"
        documents[uri] = _schema(one.body)
        body = Body(one.body_required, "application/json", {"$ref": f"{uri}#"})
    method = one.method.upper()
    return Operation(
        name=one.name,
        method=method,
        path=one.path,
        parameters=_parameters(one, documents),
        body=body,
        success=frozenset(one.success),
        answers=frozenset(one.answers),
        idempotent=method in IDEMPOTENT_METHODS if one.idempotent is None else one.idempotent,
    )


def _schema(given: Path | Mapping[str, Any]) -> Any:
    return document.read(given) if isinstance(given, Path) else given


def _parameters(one: OperationSettings, documents: dict[str, Any]) -> tuple[Parameter, ...]:
    in_path = _IN_PATH.findall(one.path)
    schema = _schema(one.params) if one.params is not None else {}
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        raise ContractError(f"operation {one.name}: params must be a JSON Schema of an object, with properties")
    uri = f"urn:preflight:{one.name}:params"
    documents[uri] = schema
    required = schema.get("required", [])
    given = [_placed(flat, in_path) for flat in [*properties, *(name for name in in_path if name not in properties)]]
    flats = flat_names(given)
    return tuple(
        Parameter(
            name=name,
            place=place,
            flat=flat,
            required=place == "path" or name in required or f"{place}.{name}" in required,
            schema=_reference(uri, name, place, properties),
            style="form" if place in {"query", "cookie"} else "simple",
            explode=place in {"query", "cookie"},
        )
        for (name, place), flat in zip(given, flats, strict=True)
    )


def _placed(flat: str, in_path: list[str]) -> tuple[str, ParameterPlace]:
    """``header.X-Trace`` says its place; a name in the path's template is there; all else is in the query."""
    place, _, name = flat.partition(".")
    for known in _PLACES:
        if place == known and name:
            return name, known
    return flat, "path" if flat in in_path else "query"


def _reference(uri: str, name: str, place: str, properties: Mapping[str, Any]) -> JsonSchema:
    for key in (name, f"{place}.{name}"):
        if key in properties:
            return {"$ref": f"{uri}#{document.fragment('properties', key)}"}
    return {"type": ["string", "number", "boolean"]}  # in the template, but not described: any single value
