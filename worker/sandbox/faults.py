"""What is wrong with a request, gathered over all of its parts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jsonschema_rs


class Fault(NamedTuple):
    """One thing wrong with a request; ``pointer`` is a JSON Pointer such as ``#/body/qty`` or ``#/query/limit``."""

    pointer: str
    detail: str


@dataclass(slots=True)
class Faults:
    """Everything wrong with one request.

    Attributes:
        malformed: it cannot be understood: broken text, something required is not there, something is there that the
            operation does not know. Always 400.
        invalid: it is understood, and a schema says no. 422, or what the behaviour says.
    """

    malformed: list[Fault] = field(default_factory=list)
    invalid: list[Fault] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.malformed or self.invalid)

    def judge(self, validator: jsonschema_rs.Validator, value: Any, place: str) -> None:
        """Note every way in which ``value``, which stands at ``place`` (``body``), breaks the schema."""
        if not validator.is_valid(value):
            self.invalid.extend(
                Fault(pointer(place, error.instance_path), error.message) for error in validator.iter_errors(value)
            )


def pointer(place: str, path: Iterable[str | int] = ()) -> str:
    """``("body", ["items", 0])`` -> ``#/body/items/0``."""
    return "/".join(["#", place, *(str(step).replace("~", "~0").replace("/", "~1") for step in path)])
