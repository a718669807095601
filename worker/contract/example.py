"""Makes an example of what an operation accepts: from its own examples where they are good, else from its schemas.

Nothing is left to chance: the same contract gives the same example, and it is handed out only if it is valid.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from worker.contract.contract import Contract
from worker.contract.document import pointer_tokens
from worker.contract.explain import Lookup
from worker.contract.found import Found
from worker.contract.library import absolute
from worker.contract.operation import Content, Parameter
from worker.contract.pattern import matching
from worker.errors import ContractError
from worker.job import UNSET

#: How a part is made, one after the other, until it is valid: as the contract's own examples have it; from its schema
#: with those examples inside; from its schema alone with as little as is allowed; then by other branches of choices.
_TRIES: Final = 6
_MAX_DEPTH: Final = 12  # levels of values inside of each other
_MAX_ITEMS: Final = 50
_NOTHING: Final = object()
#: Where a file is wanted: its bytes, since nobody knows which files there are.
_FILE: Final = {"$base64": "aGVsbG8="}

_FORMATS: Final = {
    "date": "2026-12-31",
    "date-time": "2026-12-31T23:59:59Z",
    "time": "23:59:59Z",
    "duration": "P3DT12H",
    "email": "name@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/path",
    "url": "https://example.org/path",
    "uri-reference": "/path",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "byte": "aGVsbG8=",
}


def example(contract: Contract, name: str) -> dict[str, Any] | None:
    """``{"params": ..., "body": ...}`` that the operation accepts; None where none was found.

    Raises:
        ContractError: the operation's schemas are not legal.
    """
    endpoint = contract.endpoint(name)
    if endpoint is None or endpoint.operation.unusable is not None:
        return None
    operation = endpoint.operation
    parts: dict[tuple[str, ...], Parameter | Content] = {
        ("params", one.flat): one for one in operation.parameters if one.required
    }
    if operation.body is not None:
        parts["body",] = operation.body.contents[0]
    tries = dict.fromkeys(parts, 0)
    for _ in range(_TRIES * len(tries) + 1):
        made = {at: _made(part, tries[at], contract.schemas.lookup) for at, part in parts.items()}
        params = {at[1]: value for at, value in made.items() if at[0] == "params"}
        faults = endpoint.faults(params, made.get(("body",), UNSET))
        if not faults:
            return {"params": params} | {at[0]: value for at, value in made.items() if at[0] == "body"}
        named = {tuple(pointer_tokens(fault.pointer)) for fault in faults}
        wrong = [at for at in tries if any(at == tokens[: len(at)] for tokens in named)]
        if not any(tries[at] < _TRIES for at in wrong):
            return None
        tries |= {at: tries[at] + 1 for at in wrong}
    return None


def _made(part: Parameter | Content, number: int, lookup: Lookup) -> Any:
    kind = part.kind if isinstance(part, Content) else None
    if kind == "binary":
        return _FILE
    if number == 0 and (shown := _beside(part, lookup)) is not _NOTHING:
        return shown
    name = part.name if isinstance(part, Parameter) else "text"
    made = _Builder(lookup, max(number - 1, 0), files=kind == "multipart").value(Found(part.schema, ""), name)
    if kind in {"form", "multipart"} and not isinstance(made, dict):
        return {"name": made}
    return "text" if kind == "text" and not isinstance(made, str) else made


def _beside(part: Parameter | Content, lookup: Lookup) -> Any:
    """The example that stands beside a parameter's or a body's schema."""
    reference = part.schema.get("$ref", "") if isinstance(part.schema, Mapping) else ""
    if not reference.endswith("/schema"):
        return _NOTHING
    try:
        return _shown(lookup(reference.removesuffix("/schema")), lookup, reference.partition("#")[0])
    except ContractError:
        return _NOTHING


def _shown(holder: Any, lookup: Lookup, base: str) -> Any:
    """``example``, or the first of OpenAPI's named ``examples``."""
    if "example" in holder:
        return holder["example"]
    examples = holder.get("examples")
    first = next(iter(examples.values()), None) if isinstance(examples, Mapping) else None
    if isinstance(first, Mapping) and isinstance(reference := first.get("$ref"), str):
        first = lookup(absolute(reference, base))
    return first["value"] if isinstance(first, Mapping) and "value" in first else _NOTHING


class _Builder:
    """Makes values of schemas.

    Args:
        frugality: 0 takes the schemas' own examples; from 1 on only what is required is made, and of choices the
            branch of this number (counted from 1) is taken.
        files: text of no character set is a file.
    """

    def __init__(self, lookup: Lookup, frugality: int, *, files: bool = False) -> None:
        self._lookup = lookup
        self._frugality = frugality
        self._files = files

    def value(self, given: Found, name: str, turn: int = 0, depth: int = 0) -> Any:
        """A value; ``name`` is what text says, ``turn`` makes the items of a list differ."""
        found = given.followed(self._lookup)
        if found is None or depth > _MAX_DEPTH:
            return None
        found = self._merged(found)
        schema = found.schema
        if self._files and depth and _is_file(schema):
            return _FILE
        ready = self._ready(schema, turn)
        return self._new(found, name, turn, depth) if ready is _NOTHING else ready

    def _new(self, found: Found, name: str, turn: int, depth: int) -> Any:
        schema = found.schema
        match _kind(schema):
            case "object":
                return self._object(found, depth)
            case "array":
                return self._array(found, name, depth)
            case "string":
                return _text(schema, name, turn)
            case "integer" | "number" as kind:
                return _number(schema, kind, turn)
            case "boolean":
                return turn % 2 == 0
        return None

    def _ready(self, schema: Mapping[str, Any], turn: int) -> Any:
        """A value that the schema itself names."""
        if "const" in schema:
            return schema["const"]
        if not self._frugality and not turn:
            for key in ("example", "default"):
                if schema.get(key) is not None:
                    return schema[key]
            if isinstance(examples := schema.get("examples"), list) and examples:
                return examples[0]
        choices = [choice for choice in schema.get("enum") or () if choice is not None]
        return choices[turn % len(choices)] if choices else _NOTHING

    def _merged(self, found: Found) -> Found:
        """A schema with all of its ``allOf``, and one branch of ``oneOf`` and ``anyOf``, laid over each other."""
        branches = found.branches("allOf")
        for keyword in ("oneOf", "anyOf"):
            if choices := found.branches(keyword):
                branches.append(choices[max(self._frugality - 1, 0) % len(choices)])
        merged = found.without("allOf", "oneOf", "anyOf")
        for branch in branches:
            inner = branch.followed(self._lookup)
            if inner is not None:
                merged = self._merged(inner).laid_over(merged)
        return merged

    def _object(self, found: Found, depth: int) -> dict[str, Any]:
        members, names = found.members(), found.required()
        if not names and not self._frugality and not depth:
            names = [name for name, inner in members.items() if inner.schema.get("readOnly") is not True]
        fewest = int(found.schema.get("minProperties", 0))
        names += [name for name in members if name not in names][: max(fewest - len(names), 0)]
        names += [f"name{number}" for number in range(1, fewest - len(names) + 1)]
        others = found.schema.get("additionalProperties", True)
        return {
            name: self.value(members.get(name) or found.inside(others), name, depth=depth + 1)
            for name in dict.fromkeys(names)
        }

    def _array(self, found: Found, name: str, depth: int) -> list[Any]:
        schema = found.schema
        least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", _MAX_ITEMS))
        count = min(max(least, 0 if self._frugality and depth else 1), most, _MAX_ITEMS)
        first: Sequence[Any] = schema.get("prefixItems") or ()
        items = schema.get("items", True)
        return [
            self.value(found.inside(first[turn] if turn < len(first) else items), name, turn, depth + 1)
            for turn in range(max(count, min(len(first), most)))
        ]


def _is_file(schema: Mapping[str, Any]) -> bool:
    """Whether a member of a multipart body is a file (OAS 3.0.4 and 3.1.1, "Encoding Object")."""
    return schema.get("format") == "binary" or "contentMediaType" in schema or "contentEncoding" in schema


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((str(one) for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    implied = {"properties": "object", "required": "object", "items": "array", "minimum": "number"}
    return next((name for keyword, name in implied.items() if keyword in schema), "string")


def _text(schema: Mapping[str, Any], name: str, turn: int) -> str:
    least, pattern = int(schema.get("minLength", 0)), schema.get("pattern")
    usual = None if turn else _FORMATS.get(schema.get("format", ""))
    if isinstance(pattern, str) and not (usual and _matches(pattern, usual)):
        usual = matching(pattern, least, turn)
    if usual is not None:
        return usual
    text = f"{re.sub(r'[^a-zA-Z0-9_-]', '', name) or 'text'}{turn or ''}"
    most = int(schema.get("maxLength", len(text)))
    return text.ljust(least, "x") if least > len(text) else text[: max(most, least)]


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # it is no pattern of Python's
        return False


def _number(schema: Mapping[str, Any], kind: str, turn: int) -> float:
    low, above = _bound(schema, "minimum", "exclusiveMinimum")
    high, below = _bound(schema, "maximum", "exclusiveMaximum")
    multiple = schema.get("multipleOf", 1 if kind == "integer" else None)
    step = multiple or ((high - low) / 4 if low is not None and high is not None else 1)
    value = low if low is not None else 1 if high is None else min(1, high)
    if multiple:
        value = math.ceil(value / multiple) * multiple
    if above and value == low:
        value += step
    if low is None and high is not None and (value > high or (below and value == high)):
        value -= step
    value += turn * step
    return int(value) if kind == "integer" or value == int(value) else float(value)


def _bound(schema: Mapping[str, Any], inclusive: str, exclusive: str) -> tuple[Any, bool]:
    """The bound, and whether it is itself excluded; in Draft 4 the exclusive keyword is a boolean."""
    found = schema.get(exclusive)
    if found is None or isinstance(found, bool):
        return schema.get(inclusive), found is True
    return found, True
