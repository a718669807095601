"""Kinds of lists: of names, of folders."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from worker.settings.kinds import Duration, Folder, wrong_type


def items(raw: object, example: str) -> list[Any]:
    """A list, or ValueError with an example."""
    if not isinstance(raw, list):
        raise wrong_type(raw, f"write a list such as {example}")
    return raw


@dataclass(frozen=True)
class Names:
    """Texts of one form, each once; ``example`` is one of them."""

    words: str
    pattern: str
    example: str

    def read(self, raw: object, _folder: Path, /) -> tuple[str, ...]:
        """The names, as listed."""
        names = items(raw, f'["{self.example}"]')
        for name in names:
            if not isinstance(name, str) or not re.fullmatch(self.pattern, name):
                raise ValueError(f'has {name!r} in it: write {self.words}, such as "{self.example}"')
        if len(set(names)) < len(names):
            raise ValueError("names something twice: keep one")
        return tuple(names)

    def __str__(self) -> str:
        return f"a list of {self.words}"


CHECKS: Final = Names("functions as module:function", r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", "shop_rules:check_order")
ERRORS: Final = Names("timeout or lost", r"timeout|lost", "timeout")
SCOPES: Final = Names("scopes", r"[\x21\x23-\x5B\x5D-\x7E]+", "orders.write")
SCHEMES: Final = Names("names of security schemes", r"[A-Za-z0-9._-]+", "oauth2")


@dataclass(frozen=True)
class Folders:
    """Folders that are there."""

    def read(self, raw: object, folder: Path, /) -> tuple[Path, ...]:
        """The paths, absolute where the folder is."""
        return tuple(Folder().read(item, folder) for item in items(raw, '["../common"]'))

    def __str__(self) -> str:
        return "a list of folders, relative to this file"


@dataclass(frozen=True)
class Durations:
    """Lengths of time with their units, at least one; bounds of each in seconds."""

    low: float
    high: float

    def read(self, raw: object, folder: Path, /) -> tuple[float, ...]:
        """Seconds, as listed."""
        durations = tuple(Duration(self.low, self.high).read(item, folder) for item in items(raw, '["5s", "1m"]'))
        if not durations:
            raise ValueError('is empty: write one duration or more, ["5s", "1m"], or leave the key out')
        return durations

    def __str__(self) -> str:
        return f"a list of durations, each {Duration(self.low, self.high)}".replace("each a duration", "each")
