"""The part of JSON Schema in which fastjsonschema is proven right, and a schema of that part bundled for it.

A closed list: a schema with any other keyword goes to jsonschema-rs. Left out on purpose are ``format`` (weak checks),
``pattern`` (backtracking), ``multipleOf`` (floating point), ``uniqueItems`` (quadratic), ``patternProperties``,
``const`` and numbers in ``enum`` (Python's ``1 == True``), numbers that no machine word holds, names that are not plain
identifiers or differ only by case (they collide in the generated code), words that would need escaping there, and every
``$ref`` with an assertion beside it (drafts differ).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from worker.contract.operation import JsonSchema

_ANNOTATIONS: Final = frozenset(
    {
        "title",
        "description",
        "default",
        "example",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "externalDocs",
        "xml",
        # containers and declarations that assert nothing where they stand
        "$schema",
        "definitions",
        "$defs",
    }
)
_COUNTS: Final = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LISTS: Final = ("allOf", "anyOf", "oneOf")
#: OpenAPI's formats that assert nothing about text.
_SILENT_FORMATS: Final = frozenset({"int32", "int64", "float", "double", "password", "binary"})
_MACHINE_WORDS: Final = range(-(2**63), 2**64)  # the integers that JSON encoders write
_PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9_ .,:;/@+-]{0,200}")
_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "null", "object", "array"})
_MAX_DEFINITIONS: Final = 200  # beyond this, generating and compiling Python costs more than it saves


class OutsideError(Exception):
    """The schema uses something outside of the subset; ``str()`` says what."""


def bundle(schema: JsonSchema, lookup: Callable[[str], Any]) -> dict[str, Any]:
    """A copy of ``schema`` that stands alone, with all it refers to in ``definitions`` under names of our own.

    Args:
        schema: the root.
        lookup: finds what an absolute reference points to; may itself raise OutsideError.

    Raises:
        OutsideError: some keyword or value is outside of the subset.
    """
    bundler = _Bundler(lookup)
    root = bundler.copy(schema)
    if not isinstance(root, dict):
        raise OutsideError("a boolean schema")
    bundler.finish()
    return {**root, "definitions": bundler.definitions} if bundler.definitions else root


class _Bundler:
    def __init__(self, lookup: Callable[[str], Any]) -> None:
        self._lookup = lookup
        self._base = ""  # what references that start with # are relative to
        self._names: dict[str, str] = {}
        self._waiting: list[str] = []
        self.definitions: dict[str, Any] = {}

    def copy(self, schema: Any) -> Any:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, Mapping):
            raise OutsideError("a schema that is no object")
        if "$ref" in schema:
            return self._reference(schema)
        copied: dict[str, Any] = {}
        for keyword, value in schema.items():
            if keyword in _ANNOTATIONS or keyword.startswith("x-"):
                continue
            if keyword not in _KEYWORDS:
                raise OutsideError(keyword)
            if (made := _KEYWORDS[keyword](self, value)) is not _NOTHING:
                copied[keyword] = made
        return copied

    def finish(self) -> None:
        while self._waiting:
            reference = self._waiting.pop()
            self._base = reference.partition("#")[0]
            self.definitions[self._names[reference]] = self.copy(self._lookup(reference))

    def _reference(self, schema: Mapping[str, Any]) -> dict[str, str]:
        if any(key not in _ANNOTATIONS and key != "$ref" and not key.startswith("x-") for key in schema):
            raise OutsideError("an assertion beside $ref")
        reference = schema["$ref"]
        if not isinstance(reference, str):
            raise OutsideError("a $ref that is no text")
        if reference.startswith("#"):
            reference = self._base + reference
        if reference not in self._names:
            if len(self._names) == _MAX_DEFINITIONS:
                raise OutsideError("too many references")
            self._names[reference] = f"d{len(self._names)}"
            self._waiting.append(reference)
        return {"$ref": f"#/definitions/{self._names[reference]}"}

    def properties(self, value: Any) -> dict[str, Any]:
        names = list(value) if isinstance(value, Mapping) else [""]
        if not all(map(_PLAIN_NAME.fullmatch, names)) or len({name.lower() for name in names}) < len(names):
            raise OutsideError("property names that are not plain and distinct")
        return {name: self.copy(inner) for name, inner in value.items()}

    def many(self, value: Any) -> list[Any]:
        if not isinstance(value, list) or not value:
            raise OutsideError("an empty list of schemas")
        return [self.copy(inner) for inner in value]


_NOTHING: Final = object()


def _type(_: _Bundler, value: Any) -> Any:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name in _TYPES for name in names):
        raise OutsideError("an unknown type")
    return value


def _required(_: _Bundler, value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(name, str) and _PLAIN_NAME.fullmatch(name) for name in value):
        raise OutsideError("required names that are not plain")
    return value or _NOTHING


def _count(_: _Bundler, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0 or value not in _MACHINE_WORDS:
        raise OutsideError("a count that is no whole number")
    return value


def _bound(_: _Bundler, value: Any) -> Any:
    if not isinstance(value, int | bool) or value not in _MACHINE_WORDS:
        raise OutsideError("a bound that is no whole number")
    return value


def _words(_: _Bundler, value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(word, str) and _PLAIN_WORD.fullmatch(word) for word in value):
        raise OutsideError("an enum of other things than plain words")
    return value


def _format(_: _Bundler, value: Any) -> Any:
    if value not in _SILENT_FORMATS:
        raise OutsideError(f"format {value}")
    return _NOTHING


def _single(bundler: _Bundler, value: Any) -> Any:
    return bundler.copy(value)


_KEYWORDS: Final[dict[str, Callable[[_Bundler, Any], Any]]] = {
    "type": _type,
    "required": _required,
    "enum": _words,
    "format": _format,
    "properties": _Bundler.properties,
    "items": _single,
    "additionalProperties": _single,
    "not": _single,
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(_BOUNDS, _bound),
    **dict.fromkeys(_LISTS, _Bundler.many),
}
