"""What requests have in common where names stand with values: in a query, in headers, in forms."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from worker.contract.postman.collection import Pair
from worker.contract.postman.infer import Unknown, infer_text
from worker.contract.postman.secrets import is_suspect
from worker.contract.postman.variables import VARIABLE, Variables, stand_in, text
from worker.redaction import redact_text

BINARY: Final[Mapping[str, Any]] = {"type": "string", "format": "binary"}


class Field(NamedTuple):
    """One name.

    Attributes:
        required: every example has it.
        example: a value that an example has and that is no secret; None where there is none.
    """

    name: str
    schema: Mapping[str, Any]
    required: bool
    description: str
    example: Any
    content_type: str


def fields(samples: Sequence[tuple[Sequence[Pair], Variables]], *, folded: bool = False) -> list[Field]:
    """Every name of some examples, in the order in which they are first seen.

    Args:
        samples: the pairs of each example, and the variables that hold for it.
        folded: names that differ by case only are the same, as headers' are.
    """
    seen: dict[str, list[tuple[Pair, str | Unknown]]] = {}
    having: dict[str, set[int]] = {}
    repeated: set[str] = set()
    for number, (given, variables) in enumerate(samples):
        for pair in given:
            resolved = pair._replace(name=variables.resolved(pair.name))
            key = resolved.name.lower() if folded else resolved.name
            seen.setdefault(key, []).append((resolved, known(pair.value, variables)))
            if pair.enabled and number in having.setdefault(key, set()):
                repeated.add(key)
            if pair.enabled:
                having[key].add(number)
    return [
        _field(found, required=len(having.get(key, ())) == len(samples), repeated=key in repeated)
        for key, found in seen.items()
    ]


def known(value: str, variables: Variables) -> str | Unknown:
    """The text that a value stands for, as far as its variables are known."""
    match = VARIABLE.fullmatch(value)
    if match and isinstance(sample := variables.sample(match[1]), str | int):
        return variables.resolved(str(sample))
    resolved = variables.resolved(value)
    return Unknown.TEXT if VARIABLE.search(resolved) or resolved == "<string>" else text(stand_in(resolved))


def example(name: str, values: Iterable[Any]) -> Any:
    """The first value that may be written: text that is known, and no secret."""
    if is_suspect(name):
        return None
    return next((one for one in values if isinstance(one, str) and one and redact_text(one) == one), None)


def typed(schema: Mapping[str, Any], value: str) -> Any:
    """Text as the first type that its schema names."""
    kinds = schema.get("type")
    match kinds[0] if isinstance(kinds, list) else kinds:
        case "integer":
            return int(value)
        case "number":
            return float(value)
        case "boolean":
            return value == "true"
    return value


def _field(found: Sequence[tuple[Pair, str | Unknown]], *, required: bool, repeated: bool) -> Field:
    first = found[0][0]
    values = [value for _, value in found]
    is_file = any(pair.is_file for pair, _ in found)
    one = dict(BINARY) if is_file else infer_text(values)
    shown = None if is_file else example(first.name, values)
    shown = None if shown is None else typed(one, shown)
    description = next((pair.description for pair, _ in found if pair.description), "")
    content_type = next((pair.content_type for pair, _ in found if pair.content_type), "")
    if repeated:
        one, shown = {"type": "array", "items": one}, None if shown is None else [shown]
    return Field(first.name, one, required, redact_text(description), shown, content_type)
