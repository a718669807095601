"""Breaks jobs: one value at a time is made into one that its schema should not allow."""

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.conformance.agreement.plain import Plain

if TYPE_CHECKING:
    from tests.conformance.agreement.jobs import Inputs

_MISTYPED: Final[Mapping[str, Any]] = {
    "array": {"no": "list"},
    "boolean": "maybe",
    "integer": 1.5,
    "null": 0,
    "number": "many",
    "object": "no object",
    "string": 7,
}
#: Types whose values cannot be mistaken for others once they are text in a URL or a header.
_VISIBLE: Final = frozenset({"boolean", "integer", "number"})
#: Text that no format allows, but for those of files and passwords.
_NO_FORMAT: Final = "2026-13-01 no %"
_UNKNOWN: Final = "surely_unknown"
_MOST: Final = 200  # items and characters: some allow a million

Path = tuple[str | int, ...]


class Absent:
    """Stands for a value that is taken away."""


class Change(NamedTuple):
    """What is done to a job: the value that is put at a path."""

    path: Path
    value: Any


def changes(given: "Inputs", job: Mapping[str, Any]) -> Iterator[Change]:
    """All that can be done to a job whose URL can still be written."""
    for name in sorted(given.required & job["params"].keys() - given.in_path):
        yield Change(("params", name), Absent)
    for name, value in job["params"].items():
        yield from _of_value(given.params[name], value, ("params", name), typed=False)
    if given.body is not None and "body" in job:
        if given.body_required:
            yield Change(("body",), Absent)
        yield from _of_value(given.body, job["body"], ("body",), typed=given.body_is_json)


def changed(job: dict[str, Any], change: Change) -> dict[str, Any]:
    """A copy of a job, with one change."""
    made = copy.deepcopy(job)
    here: Any = made
    for token in change.path[:-1]:
        here = here[token]
    if change.value is Absent:
        del here[change.path[-1]]
    else:
        here[change.path[-1]] = change.value
    return made


def _of_value(schema: Plain, value: Any, path: Path, *, typed: bool) -> Iterator[Change]:
    """Ways to break a value; ``typed`` where the wire tells a number from its text."""
    kind = schema.get("type")
    if isinstance(kind, str) and (typed or kind in _VISIBLE):
        yield Change(path, _MISTYPED[kind])
    if isinstance(kind, str) and typed:
        yield Change(path, None)
    if "enum" in schema or "const" in schema:
        yield Change(path, "no such choice")
    yield from _of_kind(schema, value, path, typed=typed)


def _of_kind(schema: Plain, value: Any, path: Path, *, typed: bool) -> Iterator[Change]:
    match value:
        case int() | float() if not isinstance(value, bool):
            yield from _of_number(schema, value, path)
        case str():
            yield from _of_text(schema, path)
        case list():
            yield from _of_list(schema, value, path, typed=typed)
        case dict():
            yield from _of_object(schema, value, path, typed=typed)


def _of_number(schema: Plain, value: float, path: Path) -> Iterator[Change]:
    for bound, step in (("minimum", -1), ("exclusiveMinimum", 0), ("maximum", 1), ("exclusiveMaximum", 0)):
        if bound in schema:
            yield Change(path, schema[bound] + step)
    if "multipleOf" in schema:
        yield Change(path, value + schema["multipleOf"] / 2)


def _of_text(schema: Plain, path: Path) -> Iterator[Change]:
    if schema.get("minLength"):
        yield Change(path, "a" * (schema["minLength"] - 1))
    if schema.get("maxLength", _MOST) < _MOST:
        yield Change(path, "a" * (schema["maxLength"] + 1))
    if "pattern" in schema:
        yield Change(path, "~ no ~")
    if "format" in schema:
        yield Change(path, _NO_FORMAT)


def _of_list(schema: Plain, value: list[Any], path: Path, *, typed: bool) -> Iterator[Change]:
    if schema.get("minItems"):
        yield Change(path, value[: schema["minItems"] - 1])
    if value and (most := schema.get("maxItems", _MOST)) < _MOST:
        yield Change(path, (value * (most + 1))[: most + 1])
    if value and schema.get("uniqueItems"):
        yield Change(path, [*value, value[0]])
    for at, item in enumerate(value[:3]):
        yield from _of_value(schema.get("items") or {}, item, (*path, at), typed=typed)


def _of_object(schema: Plain, value: dict[str, Any], path: Path, *, typed: bool) -> Iterator[Change]:
    for name in schema.get("required", ()):
        if name in value:
            yield Change((*path, name), Absent)
    if schema.get("additionalProperties") is False:
        yield Change((*path, _UNKNOWN), 1)
    for name, one in schema.get("properties", {}).items():
        if name in value:
            yield from _of_value(one, value[name], (*path, name), typed=typed)
