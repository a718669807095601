"""Reads the body of an operation: every media type that it may be sent as."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from worker.contract.document import fragment
from worker.contract.kinds import types_of
from worker.contract.library import Library
from worker.contract.media import Kind, kind_of, named
from worker.contract.operation import Body, Content, Encoding, JsonSchema
from worker.contract.parameters import described_by
from worker.contract.reference import follow
from worker.errors import ContractError

#: What is sent where a contract has several media types and the job does not say which: JSON needs no explaining.
_PREFERENCE: Final[tuple[Kind, ...]] = ("json", "form", "multipart", "text", "binary")
#: What a body is sent as whose media type nobody can send.
_JSON: Final = "application/json"
_STYLES: Final = ("form", "spaceDelimited", "pipeDelimited", "deepObject")


def read(library: Library, given: Any, operation_at: str) -> Body | None:
    """The body of the operation that stands at a place; None where it takes none.

    Raises:
        ContractError: a reference leads nowhere, or a form's style is undefined; the message has the pointer.
    """
    value, at = follow(library, given, f"{operation_at}{fragment('requestBody')}")
    found = value.get("content") if isinstance(value, dict) else None
    if not isinstance(found, dict) or not found:
        return None
    contents = [_named(key, _content(library, key, one, at)) for key, one in found.items()]
    contents.sort(key=lambda one: _PREFERENCE.index(one.kind))
    return Body(value.get("required") is True, tuple(contents))


def _named(key: str, content: Content) -> Content:
    """A content by a media type that can be sent, whatever the contract's key."""
    media = named(key)
    if media is None:
        return replace(content, media_type=_JSON, written="json", caveat=f"{key!r} is no media type: {_JSON} is sent")
    return content if media == key else replace(content, media_type=media)


def _content(library: Library, media: str, given: Any, at: str) -> Content:
    schema = described_by(given, at, "content", media)
    encodings = given.get("encoding") if isinstance(given, dict) else None
    kind = kind_of(media)
    if kind in {"text", "binary"}:
        return _opaque(library, media, schema, kind)
    if kind != "json" and (types := types_of(library, schema)) and "object" not in types:
        caveat = f"{media} has a field for each member of an object, and its schema, which describes none, is not held"
        return Content(media, {"type": "object"}, caveat=caveat)
    if not isinstance(encodings, dict) or kind == "json":
        return Content(media, schema)
    here = f"{at}{fragment('content', media, 'encoding')}"
    return Content(media, schema, dict(_encodings(library, encodings, here)))


def _opaque(library: Library, media: str, schema: JsonSchema, kind: Kind) -> Content:
    """A body that is text or bytes: its schema is held as far as it speaks of those.

    Where the schema describes an object or a list, XML stands for it in ways that only its author knows; and a media
    type that nobody knows is most likely JSON by another name.
    """
    types = types_of(library, schema)
    if not types & {"object", "array"} or "string" in types:
        return Content(media, schema)
    if kind == "binary":
        return Content(media, schema, written="json")
    caveat = f"{media} is sent as the text that the job gives, and its schema is not held"
    return Content(media, {"type": "string"}, caveat=caveat)


def _encodings(library: Library, encodings: Mapping[str, Any], at: str) -> Iterator[tuple[str, Encoding]]:
    for name, one in encodings.items():
        if not isinstance(one, dict):
            continue
        style = one.get("style")
        if style is None and ("explode" in one or "allowReserved" in one):
            style = "form"  # the default, which counts once any of the three is given
        if style is not None and style not in _STYLES:
            where = library.shown(f"{at}{fragment(name)}")
            raise ContractError(f"{where}: style {style!r} is not defined for a form; it may be {', '.join(_STYLES)}")
        allowed = one.get("contentType")
        yield (
            name,
            Encoding(
                content_type=allowed if isinstance(allowed, str) else None,
                style=style,
                explode=bool(one.get("explode", style == "form")),
                allow_reserved=one.get("allowReserved") is True,
            ),
        )
