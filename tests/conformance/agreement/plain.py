"""Makes a schema of a document into one that is easy to generate from: no references, no end of nesting, no ``allOf``.

What is lost on the way makes some jobs wrong that were meant to be right: nothing depends on which they are.
"""

import re
import warnings
from collections.abc import Mapping
from typing import Any, Final

from tests.conformance.agreement.document import followed

#: Keywords that hold no schemas.
_KEPT: Final = frozenset(
    {
        "const",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "multipleOf",
        "pattern",
        "required",
        "type",
        "uniqueItems",
    }
)
_BOUNDS: Final = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
#: Deeper than that only what is required is generated; deeper than twice that, anything.
_DEPTH: Final = 4
_MOST_OPTIONAL: Final = 8  # of an object's properties: some have hundreds
_MOST_BRANCHES: Final = 4  # of anyOf and oneOf
_FILE: Final = {"$base64": "aGVsbG8=", "filename": "hello.txt"}

Plain = dict[str, Any]


class Reader:
    """Reads the schemas of one document.

    Args:
        document: that they are in.
        files: text of format ``binary`` is a file, as in a multipart body.
    """

    def __init__(self, document: dict[str, Any], *, files: bool = False) -> None:
        self._document = document
        self._is_newer = document["openapi"].startswith("3.1")
        self._files = files

    def plain(self, given: Any, depth: int = 0) -> Plain:
        """A schema without references."""
        schema = self._followed(given)
        if not isinstance(schema, dict) or depth > 2 * _DEPTH:
            return {}
        if self._files and schema.get("format") == "binary":
            return {"const": _FILE}
        made = {name: value for name, value in schema.items() if name in _KEPT}
        _mend(made, nullable=schema.get("nullable") is True)
        self._add_inner(made, schema, depth)
        for part in self._parts(schema, "allOf"):
            made = merged(made, self.plain(part, depth + 1))
        return made

    def _add_inner(self, made: Plain, schema: Mapping[str, Any], depth: int) -> None:
        """What stands inside of a schema, but for ``allOf``."""
        if isinstance(schema.get("properties"), dict):
            self._add_properties(made, schema["properties"], depth)
        for keyword in ("additionalProperties", "items"):
            if keyword in schema:
                made[keyword] = schema[keyword] if schema[keyword] is False else self.plain(schema[keyword], depth + 1)
        for keyword in ("anyOf", "oneOf"):
            if branches := self._parts(schema, keyword):
                made["anyOf"] = [self.plain(one, depth + 1) for one in branches[:_MOST_BRANCHES]]

    def _followed(self, given: Any) -> Any:
        schema = followed(self._document, given)
        if self._is_newer and schema is not given and isinstance(schema, dict):
            return {**schema, **{name: value for name, value in given.items() if name != "$ref"}}
        return schema

    @staticmethod
    def _parts(schema: Mapping[str, Any], keyword: str) -> list[Any]:
        return found if isinstance(found := schema.get(keyword), list) else []

    def _add_properties(self, made: Plain, properties: dict[str, Any], depth: int) -> None:
        ours = {name: one for name, one in properties.items() if not self._is_read_only(one)}
        made["required"] = [name for name in made.get("required", ()) if name in ours or name not in properties]
        optional = [name for name in ours if name not in made["required"]]
        chosen = {*made["required"], *optional[: _MOST_OPTIONAL if depth < _DEPTH else 0]}
        made["properties"] = {name: self.plain(one, depth + 1) for name, one in ours.items() if name in chosen}

    def _is_read_only(self, given: Any) -> bool:
        schema = followed(self._document, given)
        return any(isinstance(one, dict) and one.get("readOnly") is True for one in (given, schema))


def merged(one: Plain, other: Plain) -> Plain:
    """What two schemas ask for together, roughly."""
    made = {**one, **other}
    if "properties" in one and "properties" in other:
        made["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        made["required"] = [*one["required"], *(name for name in other["required"] if name not in one["required"])]
    return made


def _mend(schema: Plain, *, nullable: bool) -> None:
    """Write in the way of later drafts what 3.0 writes in its own."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(flag), bool) and schema.pop(flag) and bound in schema:
            schema[flag] = schema.pop(bound)
    if schema.get("format") in _BOUNDS and schema.get("type") == "integer":
        low, high = _BOUNDS[schema["format"]]
        schema["minimum"] = max(schema.get("minimum", low), low)
        schema["maximum"] = min(schema.get("maximum", high), high)
    if nullable and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if not _is_pattern(schema.get("pattern", "")):
        del schema["pattern"]


def _is_pattern(text: Any) -> bool:
    """Whether Python has the same regular expressions, as far as it can tell."""
    try:
        with warnings.catch_warnings(action="error"):  # of what will mean something else one day
            re.compile(text)
    except (re.error, TypeError, FutureWarning):
        return False
    return True
