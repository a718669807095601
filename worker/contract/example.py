"""Makes an example of what an operation accepts: from its own examples where they are good, else from its schemas.

Nothing is left to chance: the same contract gives the same example, and it is handed out only if it is valid.
"""

import math
import re
import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

from worker.contract.contract import Contract
from worker.contract.document import pointer_tokens
from worker.contract.explain import Lookup
from worker.contract.operation import Content, Parameter
from worker.contract.outline import Found
from worker.errors import ContractError
from worker.job import UNSET

#: How a part is made, one after the other, until it is valid: as the contract's own examples have it; from its schema
#: with those examples inside; from its schema alone with as little as is allowed; then by other branches of choices.
_TRIES: Final = 6
_MAX_DEPTH: Final = 12  # levels of values inside of each other
_MAX_ITEMS: Final = 50
_NOTHING: Final = object()

_MAX_REPEATS: Final = 1000
_MAX_PATTERN: Final = 10_000  # characters: repetitions inside of each other multiply
_CHARS: Final = string.ascii_letters + string.digits + "-_" + string.punctuation + " "
_QUANTIFIER: Final = r"(\{\d{1,9}[^}]*\}|[*+?])?\??"
_ATOM: Final = re.compile(r"(\[\^?(?:\\.|[^\]\\])+\]|\\.|[^\\()])" + _QUANTIFIER)
_GROUP: Final = re.compile(r"(?<!\\)\((?:\?:)?([^()]*)\)" + _QUANTIFIER)

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
    if number == 0 and (shown := _beside(part, lookup)) is not _NOTHING:
        return shown
    name = part.name if isinstance(part, Parameter) else "text"
    return _Builder(lookup, max(number - 1, 0)).value(Found(part.schema, ""), name)


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
        first = lookup(base + reference)
    return first["value"] if isinstance(first, Mapping) and "value" in first else _NOTHING


class _Builder:
    """Makes values of schemas.

    Args:
        frugality: 0 takes the schemas' own examples; from 1 on only what is required is made, and of choices the
            branch of this number (counted from 1) is taken.
    """

    def __init__(self, lookup: Lookup, frugality: int) -> None:
        self._lookup = lookup
        self._frugality = frugality

    def value(self, given: Found, name: str, turn: int = 0, depth: int = 0) -> Any:
        """A value; ``name`` is what text says, ``turn`` makes the items of a list differ."""
        found = given.followed(self._lookup)
        if found is None or depth > _MAX_DEPTH:
            return None
        found = self._merged(found)
        schema = found.schema
        if (ready := self._ready(schema, turn)) is not _NOTHING:
            return ready
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
        schema = dict(found.schema)
        branches = [*(schema.pop("allOf", None) or ())]
        choices = [schema.pop(keyword, None) for keyword in ("oneOf", "anyOf")]
        branches += [choice[max(self._frugality - 1, 0) % len(choice)] for choice in choices if choice]
        merged = Found(schema, found.base, found.references)
        for branch in branches:
            inner = found.inside(branch).followed(self._lookup)
            if inner is not None:
                inner = self._merged(inner)
                merged = Found(
                    _laid_over(merged.schema, inner.schema), inner.base, merged.references | inner.references
                )
        return merged

    def _object(self, found: Found, depth: int) -> dict[str, Any]:
        schema = found.schema
        properties = schema.get("properties") or {}
        names = [name for name in schema.get("required") or () if isinstance(name, str)]
        if not names and not self._frugality and not depth:
            names = [name for name, inner in properties.items() if not _is_read_only(inner)]
        fewest = int(schema.get("minProperties", 0))
        names += [name for name in properties if name not in names][: max(fewest - len(names), 0)]
        others = schema.get("additionalProperties", True)
        names += [f"name{number}" for number in range(1, fewest - len(names) + 1)]
        return {
            name: self.value(found.inside(properties.get(name, others)), name, depth=depth + 1)
            for name in dict.fromkeys(names)
        }

    def _array(self, found: Found, name: str, depth: int) -> list[Any]:
        schema = found.schema
        least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", _MAX_ITEMS))
        count = min(max(least, 0 if self._frugality else 1), most, _MAX_ITEMS)
        first: Sequence[Any] = schema.get("prefixItems") or ()
        items = schema.get("items", True)
        return [
            self.value(found.inside(first[turn] if turn < len(first) else items), name, turn, depth + 1)
            for turn in range(max(count, min(len(first), most)))
        ]


def _laid_over(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = [*one["required"], *other["required"]]
    return merged


def _is_read_only(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("readOnly") is True


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((str(one) for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    implied = {"properties": "object", "required": "object", "items": "array", "minimum": "number"}
    return next((name for keyword, name in implied.items() if keyword in schema), "string")


def _text(schema: Mapping[str, Any], name: str, turn: int) -> str:
    if isinstance(pattern := schema.get("pattern"), str) and (made := _matching(pattern, turn)) is not None:
        return made
    text = _FORMATS.get(schema.get("format", ""))
    if text is not None and not turn:
        return text
    plain = re.sub(r"[^a-zA-Z0-9_-]", "", name) or "text"
    text = f"{plain}{turn or ''}"
    least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", len(text)))
    return text.ljust(least, "x") if least > len(text) else text[: max(most, least)]


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


def _matching(pattern: str, turn: int) -> str | None:
    """Text that a simple regular expression matches; for one that looks around or back it may not be right."""
    try:
        while len(pattern) <= _MAX_PATTERN and (group := _GROUP.search(pattern)):
            inner = re.escape(_sequence(group[1], turn) * _times(group[2]))
            pattern = pattern[: group.start()] + inner + pattern[group.end() :]
        return _sequence(pattern, turn)
    except (re.error, IndexError):
        return None


def _sequence(pattern: str, turn: int) -> str:
    choices = pattern.split("|")
    atoms = _ATOM.finditer(choices[turn % len(choices)])
    return "".join(_char(atom[1], turn) * _times(atom[2]) for atom in atoms)


def _char(atom: str, turn: int) -> str:
    if atom in {"^", "$", "\\b"}:
        return ""
    allowed = [char for char in _CHARS if re.fullmatch(atom, char)] if atom[0] in "[\\." else [atom]
    return allowed[turn % len(allowed)]


def _times(quantifier: str | None) -> int:
    if quantifier is None or quantifier[0] in "+*":
        return 1
    return min(int(quantifier[1:].partition(",")[0].rstrip("}")), _MAX_REPEATS) if quantifier[0] == "{" else 0
