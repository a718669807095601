"""OpenAPI's styles: how one value becomes text in a path, a query, a header or a cookie, or in a form like a query.

Where OpenAPI leaves a case undefined, this is what is done: lists and objects inside of others are JSON text, but for
``deepObject``, which names them all the way down (``a[b][c]=1``, ``a[0]=x``); whole numbers have no point; each
pair of a cookie is a cookie of its own. What has no text that would be read back as the same value is a Flaw: null, an
empty list, an item that holds what separates items.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import orjson

from worker.contract.document import pointer
from worker.outcome import Cause, Fault, Place

_EXACT: Final = 2.0**53  # whole numbers up to here are exact as floating point

#: What ``allowReserved`` leaves as it is: RFC 3986's reserved characters, but for ``#[]``, which no query can hold, and
#: ``&=+;``, which servers take for what separates pairs, or for a blank. Not ``%``: a value says what it says.
_RESERVED: Final = ":/?@!$'()*,"
_SEPARATORS: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}
#: What separates items, by style and ``explode``, where it would look the same inside of one.
_AMBIGUOUS: Final = {("spaceDelimited", False): " ", ("pipeDelimited", False): "|", ("label", True): "."}
_BRACKETS: Final = re.compile(r"[\[\]]")

Write = Callable[[Any], str]


class Style(NamedTuple):
    """How a value is written.

    Attributes:
        name: one of OpenAPI's, or ``json`` or ``text``.
        explode: lists and objects are taken apart into pairs of their own.
        safe: characters that are not encoded, besides letters, digits and ``-._~``.
    """

    name: str
    explode: bool
    safe: str = ""

    @property
    def within(self) -> "Style":
        """The same for an item of a list that is written in one piece: there a comma separates."""
        return self._replace(safe=self.safe.replace(",", ""))


class Flaw(NamedTuple):
    """Why a value cannot be written; ``path`` leads to the part of it that is to blame."""

    path: tuple[str | int, ...]
    rule: str
    detail: str
    hint: str
    cause: Cause = Cause.INVALID

    def fault(self, place: Place, *holder: str) -> Fault:
        """The same of a job, in which the value stands at ``holder``."""
        return Fault(f"#{pointer(*holder, *self.path)}", place, self.rule, self.detail, self.hint, self.cause)


def style_of(name: str, *, explode: bool, allow_reserved: bool = False) -> Style:
    """The style of a query's parameter, or of a form's member."""
    return Style(name, explode, _RESERVED if allow_reserved else "")


def text_of(value: Any) -> str:
    """A value as text: itself, or as JSON writes it; a whole number without its point.

    Most servers that ask for an integer take ``3``, and refuse ``3.0``.
    """
    if isinstance(value, str):
        return value
    if type(value) is int or (type(value) is float and value.is_integer() and abs(value) <= _EXACT):
        return str(int(value))
    return orjson.dumps(value).decode()


def encoded(value: Any, safe: str = "") -> str:
    """A value's text, percent-encoded."""
    return quote(text_of(value), safe=safe)


def pairs(name: str, value: Any, style: Style) -> list[str]:
    """The ``name=value`` pairs of a query or of a form; ``name`` is encoded."""
    match value:
        case _ if style.name == "json":
            return [f"{name}={encoded(orjson.dumps(value).decode())}"]
        case list() | dict() if style.name == "deepObject":
            return list(_deep(name, value, style.safe))
        case list() | dict() if style.name == "text":
            return [f"{name}={encoded(value)}"]
        case list() | dict() if not value:
            return []
        case list() if style.explode:
            return [f"{name}={encoded(item, style.safe)}" for item in value]
        case dict() if style.explode:
            return [f"{encoded(key)}={encoded(item, style.safe)}" for key, item in value.items()]
        case list() | dict():
            return [f"{name}={_joined(value, style.within, _SEPARATORS.get(style.name, ','))}"]
    return [f"{name}={encoded(value, style.safe)}"]


def _deep(name: str, value: Any, safe: str) -> Iterator[str]:
    if not isinstance(value, list | dict):
        yield f"{name}={encoded(value, safe)}"
        return
    for key, item in _members(value):
        yield from _deep(f"{name}%5B{encoded(key)}%5D", item, safe)


def in_path(name: str, value: Any, style: Style) -> str:
    """A value in a path: ``simple``, ``label`` or ``matrix``, or content."""
    match style.name:
        case "label":
            return "." + _joined(value, style, "." if style.explode else ",")
        case "matrix":
            return _matrix(quote(name, safe=""), value, style)
        case "json":
            return encoded(orjson.dumps(value).decode())
        case "text":
            return encoded(value)
    return _joined(value, style, ",")


def _matrix(name: str, value: Any, style: Style) -> str:
    match value:
        case list() if style.explode:
            return "".join(_matrix_pair(name, encoded(item)) for item in value)
        case dict() if style.explode:
            return "".join(_matrix_pair(encoded(key), encoded(item)) for key, item in value.items())
    return _matrix_pair(name, _joined(value, style._replace(explode=False), ","))


def _matrix_pair(name: str, text: str) -> str:
    return f";{name}={text}" if text else f";{name}"


def in_header(value: Any, style: Style) -> str:
    """A value in a header: ``simple``, nothing encoded, or content, as JSON with all but ASCII as escapes."""
    if style.name == "json":
        return json.dumps(value, separators=(",", ":"))
    return text_of(value) if style.name == "text" else _joined(value, style, ",", text_of)


def _joined(value: Any, style: Style, separator: str, text: Write | None = None) -> str:
    write = text or (lambda one: encoded(one, style.safe))
    match value:
        case list():
            return separator.join(write(item) for item in value)
        case dict() if style.explode:
            return separator.join(f"{write(key)}={write(item)}" for key, item in value.items())
        case dict():
            return separator.join(write(part) for pair in value.items() for part in pair)
    return write(value)


def flaws(value: Any, style: Style) -> Iterator[Flaw]:
    """What of a value has no text that could be read back; nothing of content that is JSON."""
    if value is None and style.name != "json":
        yield null(())
    if not isinstance(value, list | dict) or style.name in {"json", "text"}:
        return
    if style.name == "deepObject":
        yield from _deep_flaws(value, ())
        return
    for key, item in _members(value):
        if item is None:
            yield null((key,))
        if key == "" and style.explode:
            yield Flaw((key,), "name", "a name must not be empty here", "give it a name")
    if separator := _AMBIGUOUS.get((style.name, style.explode)):
        yield from _ambiguous(value, separator, style.name)


def spread(value: Any, style: Style, others: Collection[str]) -> Iterator[Flaw]:
    """Members of an object whose names would be read as those of other parameters."""
    if isinstance(value, dict) and style.explode and style.name not in {"deepObject", "json", "text"}:
        for key in value:
            if key.partition("[")[0] in others:
                yield Flaw(
                    (key,), "name", f"{key!r} would be sent as what has this name already", "give it another name"
                )


def empty(value: Any) -> bool:
    """Whether a value is a list or an object of which nothing would be written."""
    return isinstance(value, list | dict) and not value


def nothing(path: tuple[str | int, ...]) -> Flaw:
    """An empty list or object, where something has to be written or be lost."""
    return Flaw(
        path, "empty", "an empty list or object cannot be written here: nothing of it would be sent", "leave it out"
    )


def null(path: tuple[str | int, ...]) -> Flaw:
    """Where there would be ``null``, or nothing, and no server could tell which was meant."""
    return Flaw(path, "null", "null cannot be written here: it has no text of its own", "leave it out")


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    return iter(value.items()) if isinstance(value, dict) else enumerate(value)


def _deep_flaws(value: Any, path: tuple[str | int, ...]) -> Iterator[Flaw]:
    for key, item in _members(value):
        here = (*path, key)
        if key == "" or (isinstance(key, str) and _BRACKETS.search(key)):
            yield Flaw(here, "name", "a name must not be empty or hold brackets here", "give it another name")
        if item is None:
            yield null(here)
        elif empty(item):
            yield nothing(here)
        elif isinstance(item, list | dict):
            yield from _deep_flaws(item, here)


def _ambiguous(value: Any, separator: str, name: str) -> Iterator[Flaw]:
    for key, item in _members(value):
        if separator in text_of(item) or separator in str(key):
            detail = f"holds {separator!r}, which separates values in the style {name}"
            yield Flaw((key,), "separator", detail, f"send it without {separator!r}")
