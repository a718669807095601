"""Kinds of values: what may stand behind a key, with unit and range, and what the program makes of it.

``str(kind)`` says so in words; ``config/reference.toml`` repeats those words. ``read`` takes the value as TOML gave it
and the folder that relative paths start from, and raises ``ValueError`` with a message that follows the value: what it
is not, then the remedy.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from worker.settings.durations import format_duration, parse_duration
from worker.settings.interpolation import Interpolated
from worker.settings.secret import Secret

_MOST_PROCESSES: Final = 256

_TYPES: Final = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}


class Kind(Protocol):
    """Reads one value."""

    def read(self, raw: object, folder: Path, /) -> Any:
        """The value as the program uses it, or ValueError."""


def type_of(raw: object) -> str:
    """What TOML calls a value, in words."""
    return next((words for kind, words in _TYPES.items() if isinstance(raw, kind)), "a date or time")


def nearest(wrong: str, valid: list[str]) -> str:
    """``; did you mean "rate"?`` or nothing."""
    close = get_close_matches(wrong.lower(), [name.lower() for name in valid], 1)
    return next((f'; did you mean "{name}"?' for name in valid if name.lower() in close), "")


def text(raw: object) -> str:
    """A text that is not empty.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(raw, str):
        raise wrong_type(raw, "put it in quotes")
    if not raw:
        raise ValueError("is empty: give a value, or leave the key out")
    return str(raw)


def wrong_type(raw: object, remedy: str) -> ValueError:
    """What to say of a value of another type than the one wanted."""
    return ValueError(f"is {type_of(raw)}: {remedy}")


def not_yet(instead: str) -> ValueError:
    """What to say of a value that the design knows and this version does not do."""
    return ValueError(f"is not done by this version yet: {instead}")


@dataclass(frozen=True)
class Text:
    """Any text but the empty one."""

    words: str = "text"
    pattern: str = r"[^\x00]+"

    def read(self, raw: object, _folder: Path, /) -> str:
        """The text, if it has the form that ``words`` describes."""
        value = text(raw)
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValueError(f"is not allowed: write {self.words}")
        return value

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Flag:
    """``true`` or ``false``."""

    def read(self, raw: object, _folder: Path, /) -> bool:
        """The truth value; 0, 1 and texts are none."""
        if not isinstance(raw, bool):
            raise wrong_type(raw, "write true or false, without quotes")
        return raw

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Number:
    """A finite number; ``above`` excludes its bound, ``low`` and ``high`` include theirs."""

    low: float = -math.inf
    above: float = -math.inf
    high: float = math.inf
    unit: str = ""

    def read(self, raw: object, _folder: Path, /) -> float:
        """The number; a truth value is none."""
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise wrong_type(raw, "write a number, without quotes")
        if not math.isfinite(raw) or not self.low <= raw <= self.high or raw <= self.above:
            raise ValueError(f"is out of range: write {self}")
        return float(raw)

    def __str__(self) -> str:
        bound = f"{self.low:g} or more" if self.above == -math.inf else f"more than {self.above:g}"
        return f"{bound}{'' if self.high == math.inf else f', at most {self.high:g}'} ({self.unit})"


@dataclass(frozen=True)
class Integer:
    """A whole number within bounds, or one of some words."""

    low: int
    high: int
    unit: str
    words: tuple[str, ...] = ()

    def read(self, raw: object, _folder: Path, /) -> int | str:
        """The number, or the word; a truth value is neither."""
        if isinstance(raw, str) and raw in self.words:
            return str(raw)
        if isinstance(raw, bool) or not isinstance(raw, int):
            words = "".join(f' or "{word}"' for word in self.words)
            raise wrong_type(raw, f"write a whole number, without quotes{words}")
        if not self.low <= raw <= self.high:
            raise ValueError(f"is out of range: write {self}")
        return raw

    def __str__(self) -> str:
        return " | ".join((f"{self.low} to {self.high} ({self.unit})", *self.words))


@dataclass(frozen=True)
class Processes:
    """The number of processes, or one for each core."""

    def read(self, raw: object, _folder: Path, /) -> int | Literal["cores"]:
        """As it stands."""
        if raw == "cores":
            return "cores"
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise wrong_type(raw, f"write {self}")
        if not 1 <= raw <= _MOST_PROCESSES:
            raise ValueError(f"is out of range: write {self}")
        return raw

    def __str__(self) -> str:
        return f"1 to {_MOST_PROCESSES} (processes) | cores"


@dataclass(frozen=True)
class Duration:
    """A length of time with its unit; bounds in seconds."""

    low: float
    high: float

    def read(self, raw: object, _folder: Path, /) -> float:
        """Seconds."""
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            raise wrong_type(raw, f'a duration has a unit: write "{raw}s", in quotes')
        seconds = parse_duration(text(raw))
        if not self.low <= seconds <= self.high:
            raise ValueError(f"is out of range: write {self}")
        return seconds

    def __str__(self) -> str:
        return f"a duration from {format_duration(self.low)} to {format_duration(self.high)}"


@dataclass(frozen=True)
class Choice:
    """One of some words; ``later`` maps words that are not done yet to what to write instead."""

    words: tuple[str, ...]
    later: Mapping[str, str]

    def __init__(self, *words: str, later: Mapping[str, str] | None = None) -> None:
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "later", later or {})

    def read(self, raw: object, _folder: Path, /) -> str:
        """The word."""
        word = text(raw)
        if word in self.later:
            raise not_yet(self.later[word])
        if word not in self.words:
            raise ValueError(f"is not known: write {self}{nearest(word, list(self.words))}")
        return word

    def __str__(self) -> str:
        return " | ".join(self.words)


@dataclass(frozen=True)
class SecretText:
    """A credential, which is best kept outside of the file."""

    def read(self, raw: object, _folder: Path, /) -> Secret:
        """The secret, with where it came from."""
        value = text(raw)
        return Secret(value, raw.origin, raw.pieces) if isinstance(raw, Interpolated) else Secret(value)

    def __str__(self) -> str:
        return "a secret"


@dataclass(frozen=True)
class File:
    """A file that is there."""

    def read(self, raw: object, folder: Path, /) -> Path:
        """The path, absolute where the folder is."""
        path = folder / text(raw)
        reason = "it is not there, or no file"
        try:
            if path.is_file():
                path.open("rb").close()
                return path
        except OSError as problem:
            reason = problem.strerror or reason
        raise ValueError(f"cannot be read: {path}: {reason}: create it, or correct the path")

    def __str__(self) -> str:
        return "a file, relative to this one"


@dataclass(frozen=True)
class Folder:
    """A folder that is there."""

    def read(self, raw: object, folder: Path, /) -> Path:
        """The path, absolute where the folder is."""
        path = folder / text(raw)
        if not path.is_dir():
            raise ValueError(f"is no folder: {path}: create it, or correct the path")
        return path

    def __str__(self) -> str:
        return "a folder, relative to this file"


@dataclass(frozen=True)
class Schema:
    """A JSON Schema: a file, or in place."""

    def read(self, raw: object, folder: Path, /) -> Path | dict[str, Any]:
        """The path, absolute where the folder is, or the schema itself."""
        if isinstance(raw, dict):
            return raw
        if not isinstance(raw, str):
            raise wrong_type(raw, "write the name of a JSON Schema file, or a table")
        return File().read(raw, folder)

    def __str__(self) -> str:
        return "a JSON Schema: a file, or a table in place"
