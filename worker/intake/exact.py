"""What decoding would lose of a JSON text: members that stand twice, and digits that no number keeps.

A decoder keeps the last of two members and rounds what does not fit, without a word. Both show when the value is
written again, which costs a quarter of decoding; only what differs by more than blanks is looked at more closely.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import orjson

from worker.intake.row import TOO_DEEP
from worker.outcome import Cause, Fault

_BLANKS: Final = b" \t\r\n"
_ESCAPED_QUOTE: Final = b"\\u0022"
#: Digits and the point become zeros, so that a long number is a run of zeros, wherever it stands.
_FLAT: Final = bytes.maketrans(b"123456789.E+", b"0000000000e-")
#: Numbers of fifteen digits, with exponents below a hundred, are always kept.
_LONG: Final = (b"0" * 16, b"0e000", b"0e-000")
_INT64_CHARS: Final = 20  # a whole number of 64 bits has no more, and Python reads thousands slowly
_INT64: Final = range(-(2**63), 2**64)


def lost(text: bytes, value: Any) -> Fault | None:
    """The first thing that the decoded value of a JSON text would not say when it is sent; None where it says all."""
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # what was decoded is JSON in all but its depth
        return TOO_DEEP
    if written == text or written.translate(None, _BLANKS) == text.translate(None, _BLANKS):
        return None
    # A member that is lost takes two quotes with it, and escapes other than that of the quote itself keep their number.
    if written.count(b'"') == text.count(b'"') and _ESCAPED_QUOTE not in text and not _may_round(text):
        return None
    return next(_faults(_decoded(text.decode()), ""), None)


def loads(text: str) -> Any:
    """The value of a JSON text that says all that the text does; ValueError where there is none."""
    value = orjson.loads(text)
    if (fault := lost(text.encode(), value)) is not None:
        raise ValueError(fault.detail)
    return value


def _may_round(text: bytes) -> bool:
    flat = text.translate(_FLAT)
    return any(long in flat for long in _LONG)


class _Lost:
    """Stands in a decoded value where something is lost."""

    def __init__(self, rule: str, detail: str, hint: str) -> None:
        self.rule = rule
        self.detail = detail
        self.hint = hint


def _decoded(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_members, parse_int=_whole, parse_float=_fraction)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        twice = name in members
        members[name] = _Lost("duplicate", f"{name!r} stands twice", "keep one of them") if twice else value
    return members


def _whole(text: str) -> Any:
    if len(text) <= _INT64_CHARS and int(text) in _INT64:
        return 0
    number = float(text)
    return number if Decimal(text) == Decimal(repr(number)) else _rounded()


def _fraction(text: str) -> Any:
    """Kept where it is written again with the value it had; some programs always write seventeen digits."""
    number = float(text)
    kept = Decimal(text) in {Decimal(repr(number)), Decimal(f"{number:.17g}")}
    return number if kept else _rounded()


def _rounded() -> _Lost:
    detail = "the number cannot be kept exactly, and would be sent changed"
    return _Lost("precision", detail, "send it as text, or with at most 15 digits, or 19 if it is whole")


def _faults(value: Any, at: str) -> Iterator[Fault]:
    if isinstance(value, _Lost):
        yield Fault(f"#{at}", "job", value.rule, value.detail, value.hint, Cause.MALFORMED)
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _faults(one, f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}")
