"""The variables of a collection: ``{{name}}``, replaced where the value is known and no secret."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from worker.contract.postman.secrets import is_suspect

VARIABLE: Final = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")

#: Variables that stand in each other are followed so far; a few of them can otherwise ask for terabytes.
_MAX_PASSES: Final = 10
_MAX_CHARS: Final = 65_536

#: What Postman makes up itself, as far as its type matters; the others are text.
_MADE_UP: Final[Mapping[str, Any]] = {
    "$guid": "123e4567-e89b-12d3-a456-426614174000",
    "$randomUUID": "123e4567-e89b-12d3-a456-426614174000",
    "$timestamp": 1798761599,
    "$isoTimestamp": "2026-12-31T23:59:59Z",
    "$randomInt": 17,
    "$randomBoolean": True,
    "$randomEmail": "name@example.org",
    "$randomUrl": "https://example.org/path",
}

#: What Postman writes where it made a collection out of an OpenAPI document that has no examples.
_STAND_INS: Final[Mapping[str, Any]] = {
    "<boolean>": True,
    "<date>": "2026-12-31",
    "<dateTime>": "2026-12-31T23:59:59Z",
    "<double>": 2.5,
    "<email>": "name@example.org",
    "<float>": 2.5,
    "<integer>": 17,
    "<long>": 17,
    "<number>": 2.5,
    "<uri>": "https://example.org/path",
    "<uuid>": "123e4567-e89b-12d3-a456-426614174000",
}


def stand_in(given: str) -> Any:
    """A value of the type that a text stands for: ``<integer>``; any other text is itself."""
    return _STAND_INS.get(given, given)


@dataclass(frozen=True, slots=True)
class Variables:
    """What is known where a request stands: the collection's variables, and those of the folders around it.

    Attributes:
        values: by name, as text; secrets are not among them.
    """

    values: Mapping[str, str] = field(default_factory=dict)

    def within(self, given: Any) -> "Variables":
        """These, and a list of an inner place's, which win."""
        if not isinstance(given, list) or not given:
            return self
        known = dict(self.values)
        for one in given:
            if isinstance(one, dict) and isinstance(name := one.get("key", one.get("id")), str):
                known.pop(name, None)
                if _is_open(one, name):
                    known[name] = text(one.get("value"))
        return Variables(known)

    def resolved(self, given: str) -> str:
        """Text with each variable replaced by its value, if it is known; the others stay as they are."""
        for _ in range(_MAX_PASSES):
            replaced = VARIABLE.sub(self._replacement, given)
            if replaced == given or len(replaced) > _MAX_CHARS:
                break
            given = replaced
        return given

    def sample(self, name: str) -> Any:
        """A value that a variable may have, as Postman would write it into a body; None where nothing is known."""
        return _MADE_UP.get(name, self.values.get(name))

    def _replacement(self, match: re.Match[str]) -> str:
        return self.values.get(match[1]) or match[0]


def _is_open(one: Mapping[str, Any], name: str) -> bool:
    """Whether a variable's value may be written: it is in use, and no secret by its name or type."""
    if is_suspect(name) and "://" not in text(one.get("value")):
        return False
    return one.get("disabled") is not True and one.get("type") != "secret"


def text(value: Any) -> str:
    """A value as Postman writes it into a request; what is no single value is empty."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    return ""


def replaced(given: str, replacement: Callable[[str], str]) -> str:
    """Text with every variable replaced by what ``replacement`` makes of its name."""
    return VARIABLE.sub(lambda match: replacement(match[1]), given)


def names(given: str) -> Iterator[str]:
    """The variables in a text."""
    return (match[1] for match in VARIABLE.finditer(given))
