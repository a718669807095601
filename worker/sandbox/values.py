"""Text to typed values, as a schema wants them: the strict reading, ``017`` is no integer."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote_to_bytes

import orjson

from worker.sandbox.faults import accepts
from worker.sandbox.schemas import Schemas, Shape


class Typed(NamedTuple):
    """A value that needs no reading: it was JSON, or bytes."""

    value: Any


#: What was on the wire before anybody knows its types: one text, several, or several by name, as deep as it went.
Raw: TypeAlias = str | Typed | list["Raw"] | dict[str, "Raw"]

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,307})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,307})(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def decode(text: str, *, plus: bool = False) -> str:
    """Percent-decoded text; ``plus`` where ``+`` stands for a space, as in a query.

    Raises:
        ValueError: an escape is broken, or the bytes are no UTF-8.
    """
    if plus:
        text = text.replace("+", " ")
    if "%" not in text:
        return whole(text)
    if _BAD_ESCAPE.search(text):
        raise ValueError(f"{text!r} has a % that begins no escape")
    try:
        return unquote_to_bytes(whole(text)).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{text!r} is not percent-encoded UTF-8") from error


def whole(text: str) -> str:
    """The same text.

    Raises:
        ValueError: it stands for bytes that are no UTF-8.
    """
    if not text.isascii() and _SURROGATE.search(text):
        raise ValueError(f"{text!r} is not UTF-8")
    return text


class Values:
    """Reads what was on the wire by the schemas of one document."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def readings(self, raw: Raw, shape: Shape) -> Iterator[Any]:
        """What ``raw`` can mean, the most specific reading first; always at least one.

        The caller takes the first that the schema accepts, or explains the first.
        """
        if isinstance(raw, str):
            yield from _scalars(raw, shape.types)
            return
        specific = self._read(raw, shape, as_text=False)
        yield specific
        if not isinstance(raw, Typed) and (text := self._read(raw, shape, as_text=True)) != specific:
            yield text

    def _read(self, raw: Raw, shape: Shape, *, as_text: bool) -> Any:
        match raw:
            case Typed(value):
                return value
            case str():
                return self._alone(raw, shape, as_text=as_text)
            case list():
                items = self._schemas.shape(tuple(shape.items))
                return [self._item(item, items, as_text=as_text) for item in raw]
            case dict():
                if (items_of := _listed(raw, shape)) is not None:
                    return self._read(items_of, shape, as_text=as_text)
                return {
                    name: self._property(value, self._schemas.shape(shape.places_of(name)), as_text=as_text)
                    for name, value in raw.items()
                }

    def _item(self, raw: Raw, shape: Shape, *, as_text: bool) -> Any:
        if not isinstance(raw, str):
            return self._read(raw, shape, as_text=as_text)
        return self._scalar(raw, shape, as_text=as_text) if "scalar" in shape.kinds else self._structure(raw, shape)

    def _property(self, raw: Raw, shape: Shape, *, as_text: bool) -> Any:
        inner = self._structure(raw, shape) if isinstance(raw, str) and "scalar" not in shape.kinds else raw
        return self._read(raw, shape, as_text=as_text) if inner is raw else inner

    def _structure(self, text: str, shape: Shape) -> Any:
        """But for brackets, no style has a text for a structure inside of another; APIs that have such take JSON."""
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
        return value if self._fits(value, shape) else text

    def _alone(self, text: str, shape: Shape, *, as_text: bool) -> Any:
        """One text where a list may be wanted is a list of one; inside of a list it never is."""
        if "array" in shape.types:
            listed = self._read([text], shape, as_text=as_text)
            if "scalar" not in shape.kinds or (not as_text and self._fits(listed, shape)):
                return listed
        return self._scalar(text, shape, as_text=as_text)

    def _scalar(self, text: str, shape: Shape, *, as_text: bool) -> Any:
        *specific, last = _scalars(text, shape.types)
        return next((value for value in specific if not as_text and self._fits(value, shape)), last)

    def _fits(self, value: Any, shape: Shape) -> bool:
        """Whether one of the schemas of this very place accepts the value."""
        return any(accepts(self._schemas.validator(place), value) for place in shape.places)


def _listed(raw: Mapping[str, Raw], shape: Shape) -> list[Raw] | None:
    """The list that ``v[0]=a&v[1]=b`` (``{"0": a, "1": b}``) or ``v[]=a&v[]=b`` means, where one is wanted."""
    if "object" in shape.types or ("array" not in shape.types and shape.types):
        return None
    if raw.keys() == {""}:
        items = raw[""]
        return items if isinstance(items, list) else [items]
    if not raw or not all(_INDEX.fullmatch(name) for name in raw):
        return None
    order = sorted(raw, key=int)
    return [raw[name] for name in order] if int(order[-1]) == len(order) - 1 else None


def _scalars(text: str, types: set[str]) -> Iterator[Any]:
    """Every value that the text can stand for under these types; no types: any."""
    found = False
    for value in _typed(text, types):
        found = True
        yield value
    if not found or not types or "string" in types:
        yield text


def _typed(text: str, types: set[str]) -> Iterator[Any]:
    if text == "" and "null" in types:
        yield None
    if text in ("true", "false") and (not types or "boolean" in types):
        yield text == "true"
    if types and not types & {"integer", "number"}:
        return
    if _INTEGER.fullmatch(text):
        yield int(text)
    elif (not types or "number" in types) and _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        yield number
