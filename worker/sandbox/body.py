"""Checks the body of a request: its content type, its encoding, its schema."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from worker.sandbox import styles
from worker.sandbox.answer import Answer, problem
from worker.sandbox.document import Place
from worker.sandbox.faults import Fault, Faults
from worker.sandbox.operation import Body
from worker.sandbox.received import Received
from worker.sandbox.schemas import Schemas
from worker.sandbox.values import candidates, decode

_FORM: Final = "application/x-www-form-urlencoded"

#: Stands for a body of a media type that JSON Schema says nothing about.
_OPAQUE: Final = object()


def check(body: Body | None, request: Received, schemas: Schemas, faults: Faults) -> Answer | None:
    """Note what is wrong with the body; an answer where its kind alone settles the matter (415)."""
    if not request.body:
        if body is not None and body.required:
            faults.malformed.append(Fault("#/body", "is required"))
        return None
    if body is None:
        faults.malformed.append(Fault("#/body", "this operation takes no body"))
        return None
    media, charset = _content_type(request.headers)
    taken = _taken(media, body.media)
    if taken is None or charset not in ("", "utf-8", "utf8", "us-ascii"):
        return problem(415, f"{request.headers.get('content-type')!r} is not taken here: send {', '.join(body.media)}")
    try:
        value = _value(media, request.body, body.media[taken], schemas)
    except ValueError as error:
        faults.malformed.append(Fault("#/body", f"cannot be read as {media}: {error}"))
        return None
    place = body.media[taken]
    if place is not None and value is not _OPAQUE:
        faults.judge(schemas.validator(place), value, "body")
    return None


def _content_type(headers: Mapping[str, str]) -> tuple[str, str]:
    """Media type and charset, both in lower case and empty where not said."""
    media, *parameters = headers.get("content-type", "").lower().split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            charset = value.strip().strip('"')
    return media.strip(), charset


def _taken(media: str, ranges: Mapping[str, Place | None]) -> str | None:
    """The range among those declared that this media type falls into, the narrowest first."""
    for candidate in (media, media.partition("/")[0] + "/*", "*/*"):
        if candidate in ranges:
            return candidate
    return None


def _value(media: str, content: bytes, place: Place | None, schemas: Schemas) -> Any:
    """The typed value of a body; ``_OPAQUE`` of a media type that JSON Schema says nothing about."""
    if media == "application/json" or media.endswith("+json"):
        return orjson.loads(content)
    if media == _FORM:
        return _form(content, place, schemas)
    if media.startswith("text/"):
        return content.decode()
    return _OPAQUE


def _form(content: bytes, place: Place | None, schemas: Schemas) -> Any:
    shape = schemas.shape(place)
    fields: dict[str, str | list[str]] = {}
    for name, texts in styles.query_of(content.decode("ascii")).items():
        values = [decode(text, plus=True) for text in texts]
        several = len(values) > 1 or "array" in schemas.shape(shape.properties.get(name)).types
        fields[name] = values if several else values[0]
    return next(candidates(fields, shape, schemas))
