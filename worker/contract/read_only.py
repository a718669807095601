"""Takes read-only properties out of what a request must, or may, hold (OAS, "Schema Object": readOnly).

They belong into answers: one that is required is required of answers only, and a request should not send it.
"""

from typing import Any, Final, Literal

from worker.contract.library import Library
from worker.contract.survey import Found
from worker.errors import ContractError

#: What becomes of a read-only property that a request holds: it is refused, taken out, or sent as it is.
ReadOnly = Literal["error", "strip", "allow"]

#: The rule that a read-only value in a request breaks.
READ_ONLY: Final = "readOnly"

_MAX_HOPS: Final = 20  # references and ``allOf`` on the way to a property; more is a cycle


class ReadOnlyProperties:
    """The read-only properties of a library, found schema by schema."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._found: list[tuple[dict[str, Any], str]] = []
        self._shared: set[int] = set()  # the identities of properties that references lead to

    def visit(self, found: Found) -> None:
        """Stop requiring what is read-only, in place, and remember it."""
        schema, uri, _ = found
        if isinstance(reference := schema.get("$ref"), str) and "/properties/" in reference:
            self._shared.add(id(_target(self._library, reference, uri)[0]))
        _require_less(self._library, schema, uri)
        properties = schema.get("properties")
        if isinstance(properties, dict):
            names = (name for name, one in properties.items() if _is_read_only(self._library, one, uri))
            self._found.extend((properties, name) for name in names)

    def forbid(self) -> None:
        """Forbid what was found, in place.

        A property that something refers to by its place among ``properties`` is left alone: it serves others too.
        """
        for properties, name in self._found:
            if id(properties[name]) not in self._shared:
                properties[name] = {READ_ONLY: True, "not": {}}


def _require_less(library: Library, schema: dict[str, Any], uri: str) -> None:
    """Take read-only names out of ``required``, of the schema and of what stands in its ``allOf``."""
    parts = schema.get("allOf")
    for holder in (schema, *(parts if isinstance(parts, list) else ())):
        required = holder.get("required") if isinstance(holder, dict) else None
        if not isinstance(required, list):
            continue
        left = [name for name in required if not _holds_read_only(library, schema, name, uri)]
        if not left:
            del holder["required"]  # Draft 4 wants at least one
        elif len(left) < len(required):
            holder["required"] = left


def _holds_read_only(library: Library, schema: Any, name: Any, uri: str, hops: int = 0) -> bool:
    """Whether a schema, or what it is made of, describes a property as read-only."""
    if not isinstance(schema, dict) or not isinstance(name, str) or hops > _MAX_HOPS:
        return False
    if isinstance(reference := schema.get("$ref"), str):
        target, there = _target(library, reference, uri)
        return _holds_read_only(library, target, name, there, hops + 1)
    properties = schema.get("properties")
    if isinstance(properties, dict) and name in properties:
        return _is_read_only(library, properties[name], uri)
    parts = schema.get("allOf")
    return isinstance(parts, list) and any(_holds_read_only(library, part, name, uri, hops + 1) for part in parts)


def _is_read_only(library: Library, schema: Any, uri: str, hops: int = 0) -> bool:
    """Whether a property is; beside a ``$ref`` too, where 3.0 ignores it but nobody means anything else."""
    if not isinstance(schema, dict) or hops > _MAX_HOPS:
        return False
    if schema.get(READ_ONLY) is True:
        return True
    if not isinstance(reference := schema.get("$ref"), str):
        return False
    target, there = _target(library, reference, uri)
    return _is_read_only(library, target, there, hops + 1)


def _target(library: Library, reference: str, uri: str) -> tuple[Any, str]:
    try:
        target, at = library.find(reference, uri)
    except ContractError:
        return None, uri
    return target, at.partition("#")[0]
