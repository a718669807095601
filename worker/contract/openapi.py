"""Reads the operations of an OpenAPI 3.0 or 3.1 document.

The document is kept whole: schemas stay where they stand and are referred to by pointer, so nothing is inlined and
recursion costs nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from worker.contract.dialect import to_draft4
from worker.contract.document import fragment, resolve
from worker.contract.operation import (
    IDEMPOTENT_METHODS,
    Body,
    JsonSchema,
    Operation,
    Parameter,
    ParameterPlace,
    flat_names,
)
from worker.contract.schema import Dialect, dialect_of
from worker.errors import ContractError

#: The document's own address inside the set of schemas.
URI: Final = "urn:preflight:contract"

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
#: OAS: "If in is header and the name is Accept, Content-Type or Authorization, the parameter definition is ignored."
_IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})


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
    if version == "3.0":
        for schema in _schemas(document):
            to_draft4(schema)
        dialect: Dialect = "draft4"
    else:
        dialect = dialect_of({"$schema": document["jsonSchemaDialect"]}) if _own_dialect(document) else "2020-12"
    info = document.get("info")
    title = str(info.get("title", "")) if isinstance(info, dict) else ""
    return Read(tuple(_operations(document)), dialect, title)


def _version(document: Any) -> str:
    declared = document.get("openapi") if isinstance(document, dict) else None
    if isinstance(declared, str) and declared[:4] in {"3.0.", "3.1."}:
        return declared[:3]
    if isinstance(document, dict) and "swagger" in document:
        raise ContractError(
            "this is a Swagger 2.0 document; convert it to OpenAPI 3 (for example with swagger2openapi)"
        )
    raise ContractError(f"not an OpenAPI 3.0 or 3.1 document (openapi: {declared!r})")


def _own_dialect(document: Mapping[str, Any]) -> bool:
    # the OAS base dialect is 2020-12 and annotations
    return "spec.openapis.org/oas/3.1/dialect" not in document.get(
        "jsonSchemaDialect", "spec.openapis.org/oas/3.1/dialect"
    )


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    taken: set[str] = set()
    for path, item in _items(document.get("paths")):
        shared = item.get("parameters", [])
        for method in _METHODS:
            if not isinstance(found := item.get(method), dict):
                continue
            name = found.get("operationId") or f"{method.upper()} {path}"
            if name in taken:
                raise ContractError(
                    f"#{fragment('paths', path, method)}: operationId {name!r} stands twice; rename one"
                )
            taken.add(name)
            yield _operation(document, _Place(path, method, name), found, shared)


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    method: str
    name: str


def _operation(document: Any, place: _Place, found: dict[str, Any], shared: Any) -> Operation:
    here: tuple[str, ...] = ("paths", place.path, place.method)
    parameters = _parameters(document, shared, ("paths", place.path), found.get("parameters", []), here)
    body, unusable = _body(document, found.get("requestBody"), here)
    success, answers = _success(document, found.get("responses"))
    return Operation(
        name=place.name,
        method=place.method.upper(),
        path=place.path,
        parameters=parameters,
        body=body,
        success=success,
        answers=answers,
        idempotent=place.method.upper() in IDEMPOTENT_METHODS,
        summary=str(found.get("summary", "")),
        unusable=unusable,
    )


def _followed(document: Any, value: Any, here: tuple[str | int, ...]) -> tuple[Any, tuple[str | int, ...] | str]:
    """An object and where it stands, a reference to it followed as far as it goes."""
    seen: set[str] = set()
    at: tuple[str | int, ...] | str = here
    while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
        if reference in seen:
            raise ContractError(f"#{fragment(*here)}: the $ref {reference!r} leads back to itself")
        seen.add(reference)
        value, at = resolve(document, reference), reference
    return value, at


def _pointing(at: tuple[str | int, ...] | str, *tokens: str | int) -> dict[str, str]:
    base = at if isinstance(at, str) else f"#{fragment(*at)}"
    return {"$ref": f"{URI}{base}{fragment(*tokens)}"}


def _parameters(
    document: Any, shared: Any, shared_at: tuple[str, ...], own: Any, own_at: tuple[str, ...]
) -> tuple[Parameter, ...]:
    found: dict[tuple[str, str], tuple[dict[str, Any], tuple[str | int, ...] | str]] = {}
    groups: tuple[tuple[Any, tuple[str, ...]], ...] = ((shared, shared_at), (own, own_at))
    for group, at in groups:
        for index, given in enumerate(group if isinstance(group, list) else []):
            here: tuple[str | int, ...] = (*at, "parameters", index)
            value, where = _followed(document, given, here)
            if not isinstance(value, dict) or not isinstance(value.get("name"), str) or value.get("in") not in _STYLES:
                raise ContractError(
                    f"#{fragment(*here)}: a parameter needs a name, and in: path, query, header or cookie"
                )
            if value["in"] != "header" or value["name"].lower() not in _IGNORED_HEADERS:
                found[value["name"], value["in"]] = value, where
    flats = flat_names([(name, cast("ParameterPlace", place)) for name, place in found])
    return tuple(_parameter(value, at, flat) for (value, at), flat in zip(found.values(), flats, strict=True))


def _parameter(value: dict[str, Any], at: tuple[str | int, ...] | str, flat: str) -> Parameter:
    place = value["in"]
    style = value.get("style", _STYLES[place][0])
    if style not in _STYLES[place]:
        where = at if isinstance(at, str) else f"#{fragment(*at)}"
        raise ContractError(
            f"{where}: style {style!r} is not defined for {place}; it may be {', '.join(_STYLES[place])}"
        )
    content = value.get("content")
    if isinstance(content, dict) and content:
        media = next(iter(content))
        schema: JsonSchema = _pointing(at, "content", media, "schema") if "schema" in (content[media] or {}) else True
        style = "json"
    else:
        schema = _pointing(at, "schema") if "schema" in value else True
    return Parameter(
        name=value["name"],
        place=place,
        flat=flat,
        required=place == "path" or value.get("required") is True,
        schema=schema,
        style=style,
        explode=bool(value.get("explode", style == "form")),
        description=str(value.get("description", "")),
    )


def _body(document: Any, given: Any, here: tuple[str, ...]) -> tuple[Body | None, str | None]:
    if given is None:
        return None, None
    value, at = _followed(document, given, (*here, "requestBody"))
    content = value.get("content") if isinstance(value, dict) else None
    if not isinstance(content, dict) or not content:
        return None, None
    media = next((name for name in content if is_json(name)), None)
    required = value.get("required") is True
    if media is None:
        reason = f"its body is {', '.join(content)}; this version sends JSON bodies only"
        return None, reason if required else None
    schema: JsonSchema = _pointing(at, "content", media, "schema") if "schema" in (content[media] or {}) else True
    return Body(required, "application/json" if "*" in media else media, schema), None


def is_json(media_type: str) -> bool:
    """Whether a media type, or range, is one that JSON may be sent as."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence in {"application/json", "application/*", "*/*", "text/json"} or essence.endswith("+json")


def _success(document: Any, responses: Any) -> tuple[frozenset[int], frozenset[str]]:
    statuses: set[int] = set()
    answers: set[str] = set()
    for status, given in responses.items() if isinstance(responses, dict) else ():
        if not str(status).startswith("2"):
            continue
        if str(status).isdecimal():
            statuses.add(int(status))
        else:  # "2XX"
            return frozenset(), frozenset()
        value, _ = _followed(document, given, ("responses", status))
        answers.update(value.get("content") or () if isinstance(value, dict) else ())
    return frozenset(statuses), frozenset(answers)


def _items(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, dict):
            yield name, item


def _schemas(document: dict[str, Any]) -> Iterator[Any]:
    """Every place of a 3.0 document at which a schema that concerns requests may start."""
    components = document.get("components")
    parts = components if isinstance(components, dict) else {}
    for _, schema in _items(parts.get("schemas")):
        yield schema
    for kind in ("parameters", "requestBodies", "headers"):
        for _, holder in _items(parts.get(kind)):
            yield from _held(holder)
    for _, item in _items(document.get("paths")):
        yield from _held_by_parameters(item)
        for method in _METHODS:
            if isinstance(operation := item.get(method), dict):
                yield from _held_by_parameters(operation)
                yield from _held(operation.get("requestBody"))


def _held_by_parameters(holder: dict[str, Any]) -> Iterator[Any]:
    for parameter in holder.get("parameters") or ():
        yield from _held(parameter)


def _held(holder: Any) -> Iterator[Any]:
    if isinstance(holder, dict):
        yield holder.get("schema")
        for _, media in _items(holder.get("content")):
            yield media.get("schema")
