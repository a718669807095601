"""Operations declared in the config, where an API has no contract document: a method, a path, and JSON Schemas."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from worker.contract import document
from worker.contract.operation import (
    ANY_SINGLE_VALUE,
    IDEMPOTENT_METHODS,
    Body,
    Content,
    JsonSchema,
    Operation,
    Parameter,
    ParameterPlace,
    flat_names,
    placeholders,
)
from worker.contract.serialise import is_header_name
from worker.errors import ContractError
from worker.settings import OperationSettings

_PLACES: Final[tuple[ParameterPlace, ...]] = ("path", "query", "header", "cookie")
#: What the root of a params schema may say: one parameter at a time is all that is looked at.
_PARAMS_KEYWORDS: Final = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "additionalProperties",
        "definitions",
        "description",
        "examples",
        "properties",
        "required",
        "title",
        "type",
    }
)


def read(declarations: Mapping[str, OperationSettings]) -> tuple[tuple[Operation, ...], dict[str, Any]]:
    """The operations, and the documents that their schemas refer to, by URI.

    Raises:
        ContractError: a schema file cannot be read, or path and params do not fit each other.
    """
    documents: dict[str, Any] = {}
    operations = tuple(_operation(one, documents) for one in declarations.values())
    return operations, documents


def _operation(one: OperationSettings, documents: dict[str, Any]) -> Operation:
    assert one.method is not None, "the settings see to it where there is no contract document"
    assert one.path is not None
    body = None
    if one.body is not None:
        uri = f"urn:preflight:{one.name}:body"
        documents[uri] = _schema(one.body)
        body = Body(one.body_required is not False, (Content("application/json", {"$ref": f"{uri}#"}),))
    method = one.method.upper()
    return Operation(
        name=one.name,
        method=method,
        path=one.path,
        parameters=_parameters(one, one.path, documents),
        body=body,
        success=frozenset(one.success or ()),
        answers=frozenset(one.answers or ()),
        idempotent=method in IDEMPOTENT_METHODS if one.idempotent is None else one.idempotent,
    )


def _schema(given: Path | Mapping[str, Any]) -> Any:
    return document.read(given) if isinstance(given, Path) else given


def _parameters(one: OperationSettings, path: str, documents: dict[str, Any]) -> tuple[Parameter, ...]:
    in_path = placeholders(path)
    schema = _schema(one.params) if one.params is not None else {}
    properties = _described(one.name, schema)
    uri = f"urn:preflight:{one.name}:params"
    documents[uri] = schema
    required = schema.get("required", [])
    found = {_placed(written, in_path): written for written in properties}
    if stray := [written for (name, place), written in found.items() if place == "path" and name not in in_path]:
        raise ContractError(f"operation {one.name}: {stray[0]!r} is not in the path {path}; write {{...}} there")
    in_template: list[tuple[str, ParameterPlace]] = [(name, "path") for name in in_path if (name, "path") not in found]
    placed = [*found, *in_template]
    return tuple(
        Parameter(
            name=name,
            place=place,
            flat=flat,
            required=place == "path" or found.get((name, place)) in required,
            schema=_reference(uri, found.get((name, place))),
            style="form" if place in {"query", "cookie"} else "simple",
            explode=place in {"query", "cookie"},
        )
        for (name, place), flat in zip(placed, flat_names(placed), strict=True)
    )


def _described(operation: str, schema: Any) -> Mapping[str, Any]:
    """The properties of a params schema, once it is sure that nothing else in it is passed over."""
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        raise ContractError(f"operation {operation}: params must be a JSON Schema of an object, with properties")
    if other := [keyword for keyword in schema if keyword not in _PARAMS_KEYWORDS]:
        raise ContractError(
            f"operation {operation}: params cannot use {other[0]!r} at its root; say it inside of properties"
        )
    required = schema.get("required", [])
    if not isinstance(required, list) or any(name not in properties for name in required):
        raise ContractError(f"operation {operation}: required of params may only name what properties describes")
    return properties


def _placed(written: str, in_path: list[str]) -> tuple[str, ParameterPlace]:
    """``header.X-Trace`` says its place; a name in the path's template is there; all else is in the query."""
    place, _, name = written.partition(".")
    for known in _PLACES:
        if place == known and name:
            return _named(name, known), known
    return written, "path" if written in in_path else "query"


def _named(name: str, place: ParameterPlace) -> str:
    if place in {"header", "cookie"} and not is_header_name(name):
        raise ContractError(f"params: {name!r} is no legal name of a {place}")
    return name


def _reference(uri: str, written: str | None) -> JsonSchema:
    """The schema of a parameter as it is written in ``properties``; None stands only in the path's template."""
    return ANY_SINGLE_VALUE if written is None else {"$ref": f"{uri}#{document.fragment('properties', written)}"}
