"""Follows the references of a document that stand for something other than a schema: parameters, bodies, paths."""

from typing import Any

from worker.contract.document import fragment
from worker.contract.library import Library
from worker.errors import ContractError


def follow(library: Library, value: Any, at: str) -> tuple[Any, str]:
    """An object and where it stands (``URI#/...``), a reference to it followed as far as it goes.

    Raises:
        ContractError: the reference leaves the library, points to nothing or to itself; the message has the pointer.
    """
    here = at
    seen: set[str] = set()
    while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
        if at in seen:
            raise ContractError(f"{library.shown(here)}: the $ref {reference!r} leads back to itself")
        seen.add(at)
        try:
            value, at = library.find(reference, at.partition("#")[0])
        except ContractError as error:
            raise ContractError(f"{library.shown(here)}: {error}") from error
    return value, at


def schema_at(at: str, *tokens: str | int) -> dict[str, str]:
    """A schema that is the one which stands at a place of a document, and below it."""
    return {"$ref": f"{at}{fragment(*tokens)}"}
