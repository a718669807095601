"""Sets aside, in place, what no validator can enforce.

Patterns that are no regular expressions, keywords with values that mean nothing, references to nothing: each is noted
with its place, and all else of the schema still holds.
"""

from collections.abc import Iterator
from typing import Any, Final

from worker.contract.library import Library
from worker.contract.operation import Note
from worker.contract.schema import Dialect, Schemas
from worker.contract.shown import show
from worker.contract.survey import BY_NAME, MANY, ONE, Found, schemas
from worker.errors import ContractError

#: Keywords that assert something by themselves. What is not known asserts nothing, whatever its value.
_PLAIN: Final = frozenset(
    {
        "const",
        "dependentRequired",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
        "required",
        "type",
        "uniqueItems",
    }
)
_KNOWN: Final = _PLAIN | ONE | MANY | BY_NAME
_TOGETHER: Final = {"exclusiveMaximum": "maximum", "exclusiveMinimum": "minimum"}  # Draft 4 has them as flags of these


def set_aside(library: Library, dialect: Dialect) -> list[Note]:
    """Take out of every schema what cannot be enforced; a reference that leaves the library stays an error."""
    trial = _Trial(dialect)
    return [note for found in schemas(library) for note in _cleaned(found, library, trial)]


class _Trial:
    """Tries keywords one by one, each value once."""

    def __init__(self, dialect: Dialect) -> None:
        self._schemas = Schemas({}, dialect, "jsonschema-rs")
        self._known: dict[str, str | None] = {}

    def fault(self, keyword: str, value: Any) -> str | None:
        """Why a keyword cannot have a value; None where it can."""
        tried: dict[str, Any] = {keyword: _skeleton(keyword, value)}
        if keyword in _TOGETHER and isinstance(value, bool):
            tried[_TOGETHER[keyword]] = 0
        key = repr(tried)
        if key not in self._known:
            self._known[key] = self._complaint(tried)
        return self._known[key]

    def _complaint(self, schema: dict[str, Any]) -> str | None:
        try:
            self._schemas.compile(schema)
        except ContractError as error:
            return "it is no regular expression" if isinstance(schema.get("pattern"), str) else str(error)
        return None


def _skeleton(keyword: str, value: Any) -> Any:
    """A keyword's value with empty schemas in the place of those that it holds: they are looked at on their own."""
    if isinstance(value, dict) and keyword in BY_NAME:
        return {name: {} if isinstance(inner, dict) else inner for name, inner in value.items()}
    if isinstance(value, list) and keyword in MANY:
        return [{} if isinstance(inner, dict) else inner for inner in value]
    return {} if isinstance(value, dict) and keyword in ONE else value


def _followed(found: Found, library: Library, reference: str) -> Iterator[Note]:
    try:
        library.find(reference, found.uri)
    except ContractError as error:
        if not library.is_inside(reference, found.uri):
            yield Note(found.at, f"{error}; the operations that need it cannot be used")
            return
        del found.schema["$ref"]
        yield Note(found.at, f"{error}: it is set aside, and anything goes there")
        return
    if _is_circle(library, found, reference):
        del found.schema["$ref"]
        yield Note(found.at, f"$ref {reference!r} leads back to itself: it is set aside, and anything goes there")


def _is_circle(library: Library, found: Found, reference: str) -> bool:
    """Whether references lead from one to the next and back, without any of them saying something."""
    uri, seen = found.uri, {id(found.schema)}
    while True:
        target, at = library.find(reference, uri)
        following = target.get("$ref") if isinstance(target, dict) else None
        if id(target) in seen or not isinstance(following, str) or not library.is_inside(following, uri):
            return id(target) in seen
        seen.add(id(target))
        reference, uri = following, at.partition("#")[0]


def _cleaned(found: Found, library: Library, trial: _Trial) -> Iterator[Note]:
    schema = found.schema
    if isinstance(reference := schema.get("$ref"), str):
        yield from _followed(found, library, reference)
    for keyword in [name for name in schema if name in _KNOWN]:
        value = schema[keyword]
        if trial.fault(keyword, value) is None:
            continue
        if keyword == "patternProperties" and isinstance(value, dict):
            for pattern in [one for one in value if trial.fault("pattern", one)]:
                del value[pattern]
                yield Note(found.at, f"patternProperties {show(pattern)} is set aside: it is no regular expression")
        if reason := trial.fault(keyword, schema[keyword]):
            del schema[keyword]
            yield Note(found.at, f"{keyword} {show(value)} is set aside: {reason}")
