r"""Writes out what ECMA-262 means by ``\d``, ``\w``, ``\s`` and ``\cA``, in patterns that look around or back.

jsonschema-rs translates the patterns that its linear engine takes. Those that only its backtracking engine takes are
handed over as they are, and to that one ``\d`` is a digit of any script.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

_LOOKS: Final = re.compile(r"\(\?<?[=!]|\\[1-9]")
_PIECE: Final = re.compile(r"\\c[A-Za-z]|\\.|\[\^?|\]|.", re.DOTALL)
#: What stands between the brackets of a class; of negated ones too, as engines differ about classes inside of classes.
_CLASSES: Final[Mapping[str, str]] = {
    "d": "0-9",
    "D": r"\x00-/:-\u{10FFFF}",
    "w": "A-Za-z0-9_",
    "W": r"\x00-/:-@\[-\^`\{-\u{10FFFF}",
    "s": r"\t-\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF",
    "S": r"\x00-\x08\x0E-\x1F!-\u009F\u00A1-\u167F\u1681-\u1FFF\u200B-\u2027\u202A-\u202E\u2030-\u205E"
    r"\u2060-\u2FFF\u3001-\uFEFE\uFF00-\u{10FFFF}",
}
#: Keywords whose values are data: nothing in them is a pattern.
_DATA: Final = frozenset({"const", "default", "enum", "example", "examples"})


def plain(pattern: str) -> str:
    """The pattern with those escapes written out; the same text where it looks neither around nor back."""
    if _LOOKS.search(pattern) is None:
        return pattern
    made, inside = [], False
    for piece in _PIECE.findall(pattern):
        made.append(_written(piece, inside))
        inside = piece[0] == "[" or (inside and piece != "]")
    return "".join(made)


def _written(piece: str, inside: bool) -> str:  # noqa: FBT001 - of a class
    if inside and piece[0] == "[":
        return f"\\{piece}"  # a class inside of a class is another engine's idea
    if piece[:2] == "\\c":
        return f"\\x{ord(piece[2:]) % 32:02X}" if piece[2:] else piece
    chars = _CLASSES.get(piece[1:]) if piece[0] == "\\" else None
    if chars is None:
        return piece
    return chars if inside else f"[{chars}]"


def rewritten(value: Any) -> Any:
    """A schema, or a document that holds some, with its patterns plain; what holds none of them is not copied."""
    if isinstance(value, list):
        items = [rewritten(one) for one in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if not isinstance(value, Mapping):
        return value
    members = {name: inner if name in _DATA else rewritten(inner) for name, inner in value.items()}
    if isinstance(pattern := value.get("pattern"), str):
        members["pattern"] = plain(pattern)
    named = members.get("patternProperties")
    if isinstance(named, Mapping) and any(plain(name) is not name for name in named):
        members["patternProperties"] = {plain(name): inner for name, inner in named.items()}
    return members if any(members[name] is not inner for name, inner in value.items()) else value
