"""Follows the references of a document that stand for something other than a schema: parameters, bodies, paths."""

from typing import Any, Final
from urllib.parse import unquote

from worker.contract.document import fragment, pointer_tokens, resolve
from worker.errors import ContractError

#: The document's own address inside the set of schemas.
URI: Final = "urn:preflight:contract"


def follow(document: Any, value: Any, at: str) -> tuple[Any, str]:
    """An object and where it stands (``#/...``), a reference to it followed as far as it goes.

    Raises:
        ContractError: the reference leaves the document, points to nothing or to itself; the message has the pointer.
    """
    here = at
    seen: set[str] = set()
    while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
        if reference in seen:
            raise ContractError(f"{here}: the $ref {reference!r} leads back to itself")
        seen.add(reference)
        try:
            value = resolve(document, reference)
        except ContractError as error:
            raise ContractError(f"{here}: {error}") from error
        at = f"#{fragment(*pointer_tokens(unquote(reference[1:])))}"
    return value, at


def schema_at(at: str, *tokens: str | int) -> dict[str, str]:
    """A schema that is the one which stands at a place of the document, and below it."""
    return {"$ref": f"{URI}{at}{fragment(*tokens)}"}
