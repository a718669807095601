"""Values as a person sees them in a message: as JSON, short, printable, without secrets."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from worker.redaction import REDACTED, redact, redact_text

_MAX_SHOWN: Final = 60  # characters of a value: enough to recognise it, short enough for one line
_MAX_READ: Final = 10_000  # characters of a text that are looked at: a secret is replaced before what is shown is cut
_MAX_BITS: Final = 14_000  # of a whole number: Python writes no more than 4,300 digits
_MAX_CHOICES: Final = 8

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)

_TYPE_NAMES: Final = {str: "text", bool: "a boolean", list: "a list", type(None): "null", dict: "an object"}


def show(value: Any, *, secret: bool = False) -> str:
    """A value as JSON, short; a secret's not at all, nor those inside of it."""
    if secret:
        return REDACTED
    left = [_MAX_SHOWN]
    text = printable(_ENCODER.encode(redact(_beginning(value, left))))
    return text if len(text) <= _MAX_SHOWN and left[0] >= 0 else f"{text[: _MAX_SHOWN - 3]}..."


def quoted(name: str) -> str:
    """A name in quotes, short and printable: ``'title'``."""
    text = repr(redact_text(name[:_MAX_READ]))
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 4]}...{text[0]}"


def choices(options: Sequence[Any]) -> str:
    """``red, blue and 3 more``."""
    listed = [_choice(option) for option in options[:_MAX_CHOICES]]
    more = len(options) - len(listed)
    return ", ".join(listed) + (f" and {more:,} more" if more else "")


def joined(words: Sequence[str], link: str = "or") -> str:
    """``a, b or c``."""
    return f" {link} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def counted(count: int, noun: str) -> str:
    """``1 item``, ``2 items``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def type_of(value: Any) -> str:
    """What a value is, in words."""
    return _TYPE_NAMES.get(type(value), "a number")


def printable(text: str) -> str:
    """Text in which control characters, and all else that is not seen, are written out."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text
    )


def _choice(option: Any) -> str:
    text = show(option)
    return text[1:].removesuffix('"') if isinstance(option, str) and option else text


def _beginning(value: Any, left: list[int]) -> Any:
    """As much of a value as can be shown; ``left`` counts down, below zero where something was left out."""
    left[0] -= 1
    match value:
        case str():
            return value[:_MAX_READ]
        case Mapping():
            names = islice(value, max(left[0], 0) + 1)
            return {str(name)[:_MAX_READ]: _beginning(value[name], left) for name in names if left[0] >= 0}
        case list() | tuple():
            return [_beginning(item, left) for item in islice(value, max(left[0], 0) + 1) if left[0] >= 0]
        case int() if value.bit_length() > _MAX_BITS:
            return f"a number of {value.bit_length():,} bits"
        case Decimal():
            return int(value) if value == value.to_integral_value() and value.adjusted() < _MAX_SHOWN else float(value)
    return value
