"""A predicate over an answer, as the config writes it: ``status == 200 and body:/ok == true``.

A *place* is ``status``, ``header:NAME``, ``body:/json/pointer`` or ``body``, the whole text. It is compared with a JSON
literal (``== != < <= > >=``), asked for (``exists``), or searched (``contains "text"``). ``and`` binds closer than
``or``. What is not there equals nothing and is neither more nor less than anything. Predicates are read when the config
is, so that a mistake is one of the config; asking them never raises, whatever an API sends.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, assert_never

import orjson

from worker.settings.kinds import text

_PLACE: Final = r"status|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+|body(?::(?:/(?:[^\s/~]|~[01])*)+)?"
_LITERAL: Final = r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null'
_CLAIM: Final = re.compile(
    rf"(?P<place>{_PLACE})\s+(?:(?P<exists>exists)|(?P<sign>==|!=|<=|>=|<|>|contains)\s*(?P<literal>{_LITERAL}))(?!\S)",
    re.ASCII,
)
_JOINT: Final = re.compile(r"\s+(and|or)\s+", re.ASCII)
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LONGEST_SHOWN: Final = 40


class Absent(Enum):
    """Instead of the value of a place that an answer does not have."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True)
class Said:
    """What predicates are asked about; the body is decoded once, and only if one of them looks into it.

    Attributes:
        headers: by names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def document(self) -> Any:
        """The body as JSON; absent where it is none."""
        try:
            return orjson.loads(self.body)
        except ValueError:
            return ABSENT

    @cached_property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")


class Place(NamedTuple):
    """A part of an answer.

    Attributes:
        name: of the header, in lower case.
        steps: the pointer into the body, decoded.
    """

    kind: Literal["status", "header", "body", "text"]
    name: str = ""
    steps: tuple[str, ...] = ()

    def value(self, said: Said) -> Any:
        """What stands there, or ``ABSENT``."""
        match self.kind:
            case "status":
                return said.status
            case "header":
                return said.headers.get(self.name, ABSENT)
            case "body":
                return _found(said.document, self.steps)
            case "text":
                return said.text
        assert_never(self.kind)

    def amount(self, said: Said) -> float | None:
        """The number that stands there, 0 or more; None where nothing of that kind does."""
        value = self.value(said)
        number = _number(value) if self.kind == "header" else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            return None
        return float(number) if math.isfinite(number) and number >= 0 else None


class Claim(NamedTuple):
    """A place and what it is held against; ``sign`` is as written, ``literal`` a JSON value."""

    place: Place
    sign: str
    literal: Any = None

    def holds(self, said: Said) -> bool:
        """Whether an answer passes it."""
        value = self.place.value(said)
        if self.place.kind == "header" and type(self.literal) in {int, float}:
            value = _number(value)
        match self.sign:
            case "exists":
                return value is not ABSENT
            case "contains":
                return _contains(value, self.literal)
            case "==":
                return _equal(value, self.literal)
            case "!=":
                return not _equal(value, self.literal)
        return _ordered(value, self.literal, _ORDERS[self.sign])


@dataclass(frozen=True)
class Predicate:
    """Something that an answer is or is not.

    Attributes:
        text: as it was written.
        alternatives: of which one has to hold, with all of its claims.
    """

    text: str
    alternatives: tuple[tuple[Claim, ...], ...]

    def holds(self, said: Said) -> bool:
        """Whether an answer is so."""
        return any(all(claim.holds(said) for claim in claims) for claims in self.alternatives)

    def __str__(self) -> str:
        return self.text


def parse(written: str) -> Predicate:
    """Read a predicate.

    Raises:
        ValueError: it is none; the message says from where on, and what to write.
    """
    alternatives: list[list[Claim]] = [[]]
    source = written.strip()
    at = 0
    while True:
        match = _CLAIM.match(source, at)
        if match is None:
            raise _lost(source, at, 'a claim such as body:/ok == true, header:x-status exists or body contains "busy"')
        alternatives[-1].append(_claim(match))
        at = match.end()
        if at == len(source):
            return Predicate(source, tuple(map(tuple, alternatives)))
        joint = _JOINT.match(source, at)
        if joint is None:
            raise _lost(source, at, "and, or, or nothing more")
        if joint[1] == "or":
            alternatives.append([])
        at = joint.end()


def place(written: str) -> Place:
    """Read a place.

    Raises:
        ValueError: it is none; the message says what to write.
    """
    if not re.fullmatch(_PLACE, written, re.ASCII):
        raise ValueError("is no place in an answer: write body:/json/pointer, header:name, status or body")
    kind, _, rest = written.partition(":")
    match kind:
        case "header":
            return Place("header", rest.lower())
        case "status":
            return Place("status")
    steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in rest.split("/")[1:])
    return Place("body", steps=steps) if rest else Place("text")


@dataclass(frozen=True)
class PredicateText:
    """The kind of a key that holds a predicate."""

    def read(self, raw: object, _folder: Path, /) -> Predicate:
        """The predicate."""
        return parse(text(raw))

    def __str__(self) -> str:
        return "a predicate"


@dataclass(frozen=True)
class PlaceText:
    """The kind of a key that says where in an answer something stands."""

    def read(self, raw: object, _folder: Path, /) -> Place:
        """The place."""
        return place(text(raw))

    def __str__(self) -> str:
        return "a place in an answer"


def _claim(match: re.Match[str]) -> Claim:
    where = place(match["place"])
    if match["exists"]:
        return Claim(where, "exists")
    try:
        literal = orjson.loads(match["literal"])
    except ValueError:
        raise ValueError(f"has {match['literal']} in it, which is no JSON: write it as JSON does") from None
    if match["sign"] == "contains" and not isinstance(literal, str):
        raise ValueError(f'has contains {match["literal"]} in it: write a text, contains "{match["literal"]}"')
    return Claim(where, match["sign"], literal)


def _lost(source: str, at: int, instead: str) -> ValueError:
    rest = source[at:].strip()
    shown = rest if len(rest) <= _LONGEST_SHOWN else f"{rest[:_LONGEST_SHOWN]}…"
    return ValueError(f"is no predicate {f'from {shown!r} on' if shown else 'at its end'}: write {instead}")


def _found(value: Any, steps: tuple[str, ...]) -> Any:
    """What a pointer finds (RFC 6901)."""
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and re.fullmatch(r"0|[1-9]\d{0,8}", step, re.ASCII) and int(step) < len(value):
            value = value[int(step)]
        else:
            return ABSENT
    return value


def _number(value: Any) -> float | None:
    """The number that a header's text writes."""
    written = isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,18}(?:\.\d{1,18})?\s*", value, re.ASCII)
    return float(value) if written else None


def _equal(value: Any, literal: Any) -> bool:
    """Equality of JSON: ``1`` is ``1.0``, and no truth value is a number."""
    return bool(value == literal) and isinstance(value, bool) == isinstance(literal, bool)


def _ordered(value: Any, literal: Any, order: Callable[[Any, Any], bool]) -> bool:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (value, literal))
    return (numbers or (isinstance(value, str) and isinstance(literal, str))) and order(value, literal)


def _contains(value: Any, wanted: str) -> bool:
    """A text that has another in it, or a list that has it among its items."""
    return isinstance(value, str | list) and wanted in value
