"""Text to typed values, as a parameter's schema wants them: the strict reading, ``017`` is no integer."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from worker.sandbox.schemas import Schemas, Shape

#: What one parameter's text may be before anybody knows its types: one text, several, or several by name.
Raw = str | list[str] | dict[str, str | list[str]]

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,307})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,307})(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,2})?")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode(text: str, *, plus: bool = False) -> str:
    """Percent-decoded text; ``plus`` where ``+`` stands for a space, as in a query.

    Raises:
        ValueError: an escape is broken, or the bytes are no UTF-8.
    """
    if plus:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise ValueError(f"{text!r} has a % that begins no escape")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{text!r} is not percent-encoded UTF-8") from error


def candidates(raw: Raw, shape: Shape, schemas: Schemas) -> Iterator[Any]:
    """What ``raw`` can mean, the most specific reading first; always at least one.

    The caller takes the first that the schema accepts, or explains the first.
    """
    if isinstance(raw, dict):
        yield {name: _named(value, name, shape, schemas) for name, value in raw.items()}
    elif isinstance(raw, list):
        items = schemas.shape(shape.items)
        yield [next(_scalars(text, items)) for text in raw]
    else:
        yield from _scalars(raw, shape)


def _named(raw: str | list[str], name: str, shape: Shape, schemas: Schemas) -> Any:
    return next(candidates(raw, schemas.shape(shape.properties.get(name)), schemas))


def _scalars(text: str, shape: Shape) -> Iterator[Any]:
    types = shape.types
    if text == "" and "null" in types:
        yield None
    if text in ("true", "false") and "boolean" in types:
        yield text == "true"
    if "integer" in types or "number" in types:
        if _INTEGER.fullmatch(text):
            yield int(text)
        elif "number" in types and _NUMBER.fullmatch(text):
            yield float(text)
    yield text
