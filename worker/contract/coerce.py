"""Turns text into the type that the contract asks for, only where nothing is lost or guessed.

What cannot be turned stays text, so that validation explains it.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from worker.contract.contract import Contract
from worker.contract.document import pointer
from worker.contract.operation import JsonSchema, Operation
from worker.contract.places import Inside, Place, Places

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,19}")
_INT64: Final = range(-(2**63), 2**64)  # as JSON readers keep whole numbers exactly
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_MAX_DIGITS: Final = 30  # more cannot be exact, and need not be looked at
_BOOLEANS: Final = {"true": True, "false": False}
_NAMES: Final[Mapping[type, str]] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
    str: "trimmed text",
}
_NOTHING: Final = Inside()

#: Decodes JSON text; ValueError where it is none, or would lose something.
Decode = Callable[[str], Any]


class Change(NamedTuple):
    """One value that was changed, which was text.

    Attributes:
        pointer: where, as a JSON Pointer in a URI fragment, in which ``*`` stands for any item, and for any member that
            the contract does not name.
        to: ``integer number boolean null array object``, or ``trimmed text``.
    """

    pointer: str
    to: str


class Coercer:
    """Changes jobs, in place.

    Args:
        contract: says what is asked for.
        trim: blanks around text are no part of it.
        decode: makes lists and objects of text, where the contract asks for those; None leaves them text.

    Attributes:
        operations: the contract's, by name.
    """

    def __init__(self, contract: Contract, *, trim: bool = False, decode: Decode | None = None) -> None:
        self.operations = contract.operations
        self._places = Places(contract.schemas.lookup)
        self._trim = trim
        self._decode = decode
        self._roots: dict[tuple[str, str | None], Inside] = {}
        self._preferred: dict[str, Inside] = {}
        self._kept: list[JsonSchema] = []  # places know schemas by their identity

    def coerce(self, operation: str, media_type: str | None, job: dict[str, Any]) -> list[Change]:
        """Change what has to be.

        Args:
            operation: its name, whether there is one of that name or not.
            media_type: what the job says that its body is to be written as.
            job: as it is submitted, ``meta`` apart: that comes back as it was given.
        """
        changes: list[Change] = []
        content = {name: value for name, value in job.items() if name != "meta"} if self._trim else job
        self._look_through(content, self._root(operation, media_type), (), changes)
        if changes:
            job.update(content)
        return changes

    def _root(self, name: str, media_type: str | None) -> Inside:
        """What is known of a job; of an operation's first content without a search, since most jobs name none."""
        if media_type is None and (known := self._preferred.get(name)) is not None:
            return known
        operation = self.operations.get(name)
        if operation is None:
            return _NOTHING
        content = operation.body.content(media_type) if operation.body else None
        key = name, content.media_type if content else None
        if key not in self._roots:
            params = _params(operation)
            self._kept.append(params)
            body = self._places.root(content.schema) if content else None
            self._roots[key] = Inside({"params": self._places.root(params), "body": body})
        if media_type is None:
            self._preferred[name] = self._roots[key]
        return self._roots[key]

    def _look_through(self, holder: Any, inside: Inside, at: tuple[str, ...], changes: list[Change]) -> None:
        """Change what is in an object or a list."""
        known: Mapping[Any, Place | None]
        entries: Iterable[tuple[Any, Any]]
        if type(holder) is dict:
            known, other, entries = inside.members, inside.other, holder.items()
        else:
            known, other, entries = inside.items, inside.rest, enumerate(holder)
        trim = self._trim
        for name, value in entries:
            place = known.get(name, other)
            if place is None and not trim:
                continue
            new = self._text(value, place) if type(value) is str else value
            if new is not value:
                holder[name] = new
                changes.append(Change(f"#{pointer(*at, _token(name, known))}", _NAMES[type(new)]))
            if type(new) is dict or type(new) is list:
                below = (*at, _token(name, known))
                self._look_through(new, place.inside if place else _NOTHING, below, changes)

    def _text(self, text: str, place: Place | None) -> Any:
        """What becomes of text; the same object where nothing does."""
        trimmed = text.strip() if self._trim else text
        if place is None or not place.types:
            return trimmed
        return coerced(trimmed, place.types, self._decode)


def _token(name: str | int, known: Mapping[Any, Place | None]) -> str:
    return name if type(name) is str and name in known else "*"


def _params(operation: Operation) -> JsonSchema:
    schemas = {one.flat: one.schema for one in operation.parameters}
    aliases = {alias: schemas[flat] for alias, flat in operation.aliases.items()}
    return {"properties": {**schemas, **aliases}}


def coerced(text: str, types: frozenset[str], decode: Decode | None = None) -> Any:
    """``"12"`` -> ``12`` where an integer is asked for; text stays text where text is allowed or nothing is known."""
    if not types or "string" in types:
        return text
    if text in _BOOLEANS and "boolean" in types:
        return _BOOLEANS[text]
    if {"integer", "number"} & types and _INTEGER.fullmatch(text) and int(text) in _INT64:
        return int(text)
    if "number" in types and len(text) <= _MAX_DIGITS and _NUMBER.fullmatch(text):
        return _exact(text)
    if text == "null" and "null" in types:
        return None
    return _decoded(text, types, decode) if decode else text


def _exact(text: str) -> float | str:
    """The number that a text stands for, where a number can hold it."""
    number = float(text)
    return number if math.isfinite(number) and Decimal(repr(number)) == Decimal(text) else text


def _decoded(text: str, types: frozenset[str], decode: Decode) -> Any:
    """The list or object that JSON text stands for."""
    if (text[:1] == "[" and "array" in types) or (text[:1] == "{" and "object" in types):
        try:
            return decode(text)
        except ValueError:
            return text
    return text
