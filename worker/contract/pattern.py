"""Makes text that a simple regular expression matches."""

import re
import string
from typing import Final

_MAX_REPEATS: Final = 1000
_MAX_PATTERN: Final = 10_000  # characters: repetitions inside of each other multiply
_CHARS: Final = string.ascii_letters + string.digits + "-_" + string.punctuation + " "
_QUANTIFIER: Final = r"(\{\d{1,9}[^}]*\}|[*+?])?[?+]?"
_ATOM: Final = re.compile(r"(\[\^?(?:\\.|[^\]\\])+\]|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\.|[^\\()])" + _QUANTIFIER)
_GROUP: Final = re.compile(
    r"(?<!\\)\((\?:|\?<?[=!]|\?P?<\w+>)?((?:\[(?:\\.|[^\]\\])*\]|\\.|[^()\[\\])*)\)" + _QUANTIFIER
)
_AROUND: Final = frozenset({"?=", "?!", "?<=", "?<!"})


def matching(pattern: str, least: int = 0, turn: int = 0) -> str | None:
    """Text that a pattern matches; None of one that is not simple. Where it looks around or back it may not be right.

    Args:
        pattern: as in JSON Schema.
        least: how many characters there should be, if the pattern can be stretched to that.
        turn: another number makes another text, where there is one.
    """
    short = _made(pattern, 0, turn)
    return _made(pattern, least - len(short), turn) if short is not None and len(short) < least else short


def _made(pattern: str, more: int, turn: int) -> str | None:
    try:
        while len(pattern) <= _MAX_PATTERN and (group := _GROUP.search(pattern)):
            inner = "" if group[1] in _AROUND else _sequence(group[2], 0, turn)
            times, most = _times(group[3])
            longer = min(times + -(-more // len(inner)), most) if inner else times
            more = max(more - (longer - times) * len(inner), 0)
            pattern = pattern[: group.start()] + re.escape(inner * longer) + pattern[group.end() :]
        return _sequence(pattern, more, turn)
    except (re.error, IndexError, ZeroDivisionError):
        return None


def _sequence(pattern: str, more: int, turn: int) -> str:
    """The first of its alternatives, or another; its first parts are repeated for as many characters more."""
    choices: list[list[re.Match[str]]] = [[]]
    for atom in _ATOM.finditer(pattern):
        if atom[1] == "|":
            choices.append([])
        else:
            choices[-1].append(atom)
    made = ""
    for atom in choices[turn % len(choices)]:
        times, most = _times(atom[2])
        longer = min(times + more, most)
        more -= longer - times
        made += _char(atom[1], turn) * longer
    return made


def _char(atom: str, turn: int) -> str:
    if atom in {"^", "$", "\\b", "\\A", "\\Z", "\\z"}:
        return ""
    allowed = [char for char in _CHARS if re.fullmatch(atom, char)] if atom[0] in "[\\." else [atom]
    return allowed[turn % len(allowed)]


def _times(quantifier: str | None) -> tuple[int, int]:
    """How often an atom stands there: as rarely as it may, but once where any number may; and at most."""
    if quantifier is None:
        return 1, 1
    if quantifier in "*+?":
        return (0, 1) if quantifier == "?" else (1, _MAX_REPEATS)
    low, comma, high = quantifier[1:-1].partition(",")
    most = int(high) if high.strip() else _MAX_REPEATS if comma else int(low)
    return min(int(low), _MAX_REPEATS), min(most, _MAX_REPEATS)
