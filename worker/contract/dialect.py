"""Turns OpenAPI 3.0's dialect of JSON Schema into Draft 4, in place, schema by schema.

3.0 differs from Draft 4 in one assertion: ``nullable``, which counts only beside ``type`` (OAS 3.0.3, "Schema Object").
All else that it adds (``discriminator``, ``xml``, ``example``) asserts nothing. Only places that hold schemas are
visited: an example may have a member called ``nullable`` too.
"""

from collections.abc import Iterator
from typing import Any, Final

_ONE: Final = ("items", "additionalProperties", "not")
_MANY: Final = ("allOf", "anyOf", "oneOf")
_BY_NAME: Final = ("properties", "patternProperties", "definitions")


def children(schema: dict[str, Any]) -> Iterator[Any]:
    """The schemas directly inside a schema of OpenAPI 3.0."""
    for keyword in _ONE:
        yield schema.get(keyword)
    for keyword in _MANY:
        if isinstance(found := schema.get(keyword), list):
            yield from found
    for keyword in _BY_NAME:
        if isinstance(found := schema.get(keyword), dict):
            yield from found.values()


def to_draft4(schema: Any) -> None:
    """Rewrite one schema and all inside it; what a reference points to is visited where it stands."""
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict) and "$ref" not in found:
            _allow_null(found)
            waiting.extend(children(found))


def _allow_null(schema: dict[str, Any]) -> None:
    if schema.pop("nullable", None) is True and isinstance(kind := schema.get("type"), str):
        schema["type"] = [kind, "null"]
