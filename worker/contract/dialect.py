"""Rewrites the schemas of a document, in place, to what they mean for a request in a dialect that validators know.

OpenAPI 3.0 differs from Draft 4 in one assertion, ``nullable``, which counts only beside ``type`` (OAS 3.0.3, "Schema
Object"); it has no ``id``. In every version ``format`` bounds whole numbers, and properties that are read-only belong
into answers only.
"""

import operator
from typing import Any, Final, Literal

from worker.contract.library import Library
from worker.contract.read_only import ReadOnly, ReadOnlyProperties
from worker.contract.survey import schemas

Nullable = Literal["strict", "lenient"]

#: The ranges of whole numbers by their format, as in OpenAPI's registry of formats.
_BOUNDS: Final = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
#: Keywords that say somewhere else what may be sent, and so exclude null there.
_ELSEWHERE: Final = ("$ref", "allOf", "anyOf", "oneOf", "not")


def adapt(library: Library, version: str, nullable: Nullable, read_only: ReadOnly) -> None:
    """Rewrite every schema that concerns requests.

    Args:
        library: changed in place.
        version: ``3.0`` or ``3.1``.
        nullable: of 3.0 documents: ``lenient`` lets it count wherever it stands, as many of their authors mean it.
        read_only: what becomes of a read-only property in a request; it is never required.
    """
    properties = ReadOnlyProperties(library)
    for one in schemas(library):
        if version == "3.0":
            _without_id(one.schema)
            _allow_null(one.schema, nullable)
        if isinstance(name := one.schema.get("format"), str) and name in _BOUNDS:
            _bound(one.schema, *_BOUNDS[name])
        properties.visit(one)
    if read_only != "allow":
        properties.forbid()


def _without_id(schema: dict[str, Any]) -> None:
    """To Draft 4 an ``id`` is an address that other references are relative to; to OpenAPI 3.0 it is nothing."""
    for name in ("id", "$id"):
        if isinstance(schema.get(name), str):
            del schema[name]


def _allow_null(schema: dict[str, Any], nullable: Nullable) -> None:
    if schema.pop("nullable", None) is not True:
        return
    if isinstance(kind := schema.get("type"), str):
        schema["type"] = [kind, "null"]
    if nullable == "strict":
        return
    if isinstance(choices := schema.get("enum"), list) and None not in choices:
        schema["enum"] = [*choices, None]
    if elsewhere := {keyword: schema.pop(keyword) for keyword in _ELSEWHERE if keyword in schema}:
        schema["anyOf"] = [elsewhere, {"enum": [None]}]


def _bound(schema: dict[str, Any], low: int, high: int) -> None:
    """Give a whole number the range of its format, where it has no narrower one."""
    if "integer" not in (schema.get("type") or ()):
        return
    for bound, given, exclusive, is_wider in (
        (low, "minimum", "exclusiveMinimum", operator.lt),
        (high, "maximum", "exclusiveMaximum", operator.gt),
    ):
        if given not in schema or (isinstance(schema[given], int | float) and is_wider(schema[given], bound)):
            schema[given] = bound
            if schema.get(exclusive) is True:  # Draft 4's flag, of the bound that was there
                del schema[exclusive]
