"""What is wrong with a request, gathered over all of its parts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple

import jsonschema_rs

#: More faults than this help nobody.
MOST_FAULTS: Final = 100

#: What a schema says of a property that must not be sent; ``dialect.py`` writes it.
FORBIDDEN: Final[dict[str, Any]] = {"not": {}}


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

    def judge(self, validator: jsonschema_rs.Validator, value: Any, at: str) -> None:
        """Note the ways in which ``value``, which stands at ``at`` (``#/body``), breaks the schema."""
        try:
            if not validator.is_valid(value):
                errors = islice(validator.iter_errors(value), MOST_FAULTS)
                self.invalid.extend(Fault(pointer(at, error.instance_path), _detail(error)) for error in errors)
        except ValueError as error:  # nested beyond the validator's depth
            self.malformed.append(Fault(at, f"cannot be judged: {error}"))


def accepts(validator: jsonschema_rs.Validator, value: Any) -> bool:
    """Whether the schema lets the value through; what is nested beyond the validator's depth is not let through."""
    try:
        return validator.is_valid(value)
    except ValueError:
        return False


def pointer(place: str, path: Iterable[str | int] = ()) -> str:
    """``("body", ["items", 0])`` and ``("#/body", ["items", 0])`` -> ``#/body/items/0``."""
    start = place if place.startswith("#") else f"#/{place}"
    return "/".join([start, *(str(step).replace("~", "~0").replace("/", "~1") for step in path)])


def _detail(error: jsonschema_rs.ValidationError) -> str:
    forbidden = error.kind.name == "not" and error.kind.as_dict() == {"schema": FORBIDDEN["not"]}
    return "is read-only: leave it out of requests" if forbidden else error.message
