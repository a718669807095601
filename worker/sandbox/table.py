"""A TOML table that is read strictly: every key is known, typed and in range, or one clear error names it."""

import difflib
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from worker.errors import UsageError

_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Table:
    """One table; each ``take`` uses up a key, ``end`` complains about those that nobody took.

    Args:
        at: what stands before a key in messages, e.g. ``faults[2].``.
    """

    def __init__(self, file: str, at: str, values: Mapping[str, Any]) -> None:
        self._file = file
        self._at = at
        self._values = values
        self._taken: list[str] = []

    def wrong(self, key: str, remedy: str) -> UsageError:
        """The error for a key's value."""
        return UsageError(f"{self._file}: {self._at}{key} = {self._values.get(key)!r}: {remedy}")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._values

    def integer(self, key: str, default: int | None = None, least: int = 0, most: int = 2**53) -> int | None:
        """A whole number in a range."""
        value = self._get(key, default)
        if value is not None and (type(value) is not int or not least <= value <= most):
            raise self.wrong(key, f"write a whole number from {least} to {most}")
        return value

    def share(self, key: str) -> float | None:
        """A number from 0 to 1."""
        value = self._get(key, None)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1):
            raise self.wrong(key, "write a share from 0.0 to 1.0")
        return None if value is None else float(value)

    def fraction(self, key: str) -> Fraction | None:
        """A number from 0 to 1, as exact as it is written."""
        share = self.share(key)
        return None if share is None else Fraction(str(share))

    def text(self, key: str, default: str | None = None, choices: Sequence[str] = ()) -> str | None:
        """A text, or one of a few."""
        value = self._get(key, default)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.wrong(key, "write a text in quotes")
        if value is not None and choices and value not in choices:
            raise self.wrong(key, f"write one of {', '.join(choices)}")
        return value

    def flag(self, key: str) -> bool:
        """``true`` or ``false``; false where it is absent."""
        value = self._get(key, False)  # noqa: FBT003 - the default of a flag
        if not isinstance(value, bool):
            raise self.wrong(key, "write true or false")
        return value

    def duration(self, key: str) -> float | None:
        """Seconds, from ``"200ms"``, ``"1.5s"``, ``"2m"`` or ``"1h"``."""
        value = self._get(key, None)
        if value is None:
            return None
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise self.wrong(key, 'write a duration such as "200ms", "1s", "5m" or "1h"')
        return float(match[1]) * _UNITS_S[match[2]]

    def band(self, key: str) -> tuple[float, float] | None:
        """The least and the most of a number that is not negative, written ``[10, 20]``."""
        value = self._get(key, None)
        if value is None:
            return None
        pair = value if isinstance(value, list) else []
        if len(pair) != 2 or any(type(one) not in (int, float) for one in pair) or not 0 <= pair[0] <= pair[1]:  # noqa: PLR2004
            raise self.wrong(key, "write the least and the most, such as [10, 20]")
        return float(pair[0]), float(pair[1])

    def texts(self, key: str) -> frozenset[str]:
        """A list of texts."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(key, 'write a list of texts such as ["a", "b"]')
        return frozenset(value)

    def tables(self, key: str) -> list["Table"]:
        """An array of tables, written ``[[key]]``."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, f"write each one as a table that begins with [[{key}]]")
        return [Table(self._file, f"{self._at}{key}[{number}].", item) for number, item in enumerate(value)]

    def named(self, key: str) -> dict[str, "Table"]:
        """Tables by name, written ``[key.name]``."""
        value = self._get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
            raise self.wrong(key, f"write each one as a table that begins with [{key}.name]")
        return {name: Table(self._file, f"{self._at}{key}.{name}.", item) for name, item in value.items()}

    def end(self) -> None:
        """Every key has been taken.

        Raises:
            UsageError: one has not; names the nearest that could be meant.
        """
        for key in self._values:
            if key not in self._taken:
                near = difflib.get_close_matches(key, self._taken, 1)
                remedy = f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(self._taken)}"
                raise UsageError(f"{self._file}: {self._at}{key} is not a key: {remedy}")

    def _get(self, key: str, default: Any) -> Any:
        self._taken.append(key)
        return self._values.get(key, default)
