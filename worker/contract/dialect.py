"""Turns OpenAPI 3.0's dialect of JSON Schema into Draft 4, in place, schema by schema.

3.0 differs from Draft 4 in one assertion: ``nullable``, which counts only beside ``type`` (OAS 3.0.3, "Schema Object").
All else that it adds (``discriminator``, ``xml``, ``example``) asserts nothing. Only places that hold schemas are
visited: an example may have a member called ``nullable`` too.
"""

from collections.abc import Iterator
from typing import Any, Final

from worker.contract.document import resolve
from worker.errors import ContractError

_ONE: Final = ("items", "additionalProperties", "not")
_MANY: Final = ("allOf", "anyOf", "oneOf")
_BY_NAME: Final = ("properties", "patternProperties", "definitions")
#: What besides schemas may hold one, by its place under ``components``.
_HOLDERS: Final = ("parameters", "requestBodies", "headers")


def to_draft4(document: dict[str, Any]) -> None:
    """Rewrite every schema of a document that says what may be sent, and all that those refer to."""
    waiting = list(_starts(document))
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if not isinstance(found, dict) or id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(reference := found.get("$ref"), str):
            waiting.append(_target(document, reference))
        else:
            _allow_null(found)
            waiting.extend(children(found))


def children(schema: dict[str, Any]) -> Iterator[Any]:
    """The schemas directly inside a schema of OpenAPI 3.0."""
    for keyword in _ONE:
        yield schema.get(keyword)
    for keyword in _MANY:
        if isinstance(found := schema.get(keyword), list):
            yield from found
    for keyword in _BY_NAME:
        yield from _values(schema.get(keyword))


def _allow_null(schema: dict[str, Any]) -> None:
    if schema.pop("nullable", None) is True and isinstance(kind := schema.get("type"), str):
        schema["type"] = [kind, "null"]


def _target(document: Any, reference: str) -> Any:
    try:
        return resolve(document, reference)
    except ContractError:
        return None  # compiling the operation says so, with its name


def _starts(document: dict[str, Any]) -> Iterator[Any]:
    """Every place of a document at which a schema that concerns requests may start."""
    components = document.get("components")
    parts = components if isinstance(components, dict) else {}
    yield from _values(parts.get("schemas"))
    for kind in _HOLDERS:
        for holder in _values(parts.get(kind)):
            yield from _held(holder)
    for item in (*_values(document.get("paths")), *_values(parts.get("pathItems"))):
        yield from _held_by_parameters(item)
        for operation in _values(item):
            yield from _held_by_parameters(operation)
            if isinstance(operation, dict):
                yield from _held(operation.get("requestBody"))


def _held_by_parameters(holder: Any) -> Iterator[Any]:
    found = holder.get("parameters") if isinstance(holder, dict) else None
    for parameter in found if isinstance(found, list) else ():
        yield from _held(parameter)


def _held(holder: Any) -> Iterator[Any]:
    if isinstance(holder, dict):
        yield holder.get("schema")
        for media in _values(holder.get("content")):
            if isinstance(media, dict):
                yield media.get("schema")


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
