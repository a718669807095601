"""Writes a JSON Schema as a tree that a person can read: a line for each value, with what it may be."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from worker.contract.explain import Lookup, show
from worker.errors import ContractError

_MAX_DEPTH: Final = 6  # levels: what lies deeper is rarely what somebody looks for
_MAX_CHOICES: Final = 12
_MAX_HOPS: Final = 20  # references followed on the way to one value; more is a cycle

_RANGES: Final = (
    ("minimum", ">= {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "<= {}"),
    ("exclusiveMaximum", "< {}"),
    ("multipleOf", "multiple of {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("minProperties", "at least {} members"),
    ("maxProperties", "at most {} members"),
)
_EXCLUSIVE: Final = (("exclusiveMinimum", "the minimum"), ("exclusiveMaximum", "the maximum"))


def outline(schema: Any, lookup: Lookup, name: str = "body", *, required: bool = False) -> list[str]:
    """A tree, two spaces a level; ``*`` stands after the names of what is required.

    Args:
        schema: its references are absolute, or stand in a document that one of them named.
        lookup: finds what an absolute reference points to.
        name: what the first line is called.
        required: whether that is required.
    """
    return list(_Outline(lookup).lines(name, Found(schema, ""), required=required))


class Found:
    """A schema and the URI that its own references are relative to; references are followed and laid over each other.

    Attributes:
        references: what was followed to get here: a schema that is met again inside of itself is a cycle.
    """

    def __init__(self, schema: Any, base: str, references: frozenset[str] = frozenset()) -> None:
        self.schema: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
        self.base = base
        self.references = references

    def inside(self, schema: Any) -> "Found":
        """A schema that stands in this one."""
        return Found(schema, self.base, self.references)

    def followed(self, lookup: Lookup) -> "Found | None":
        """With its reference, and those behind it, replaced; None for one that leads back into itself, or nowhere."""
        here = self
        for _ in range(_MAX_HOPS):
            reference = here.schema.get("$ref")
            if not isinstance(reference, str):
                return here
            absolute = here.base + reference if reference.startswith("#") else reference
            if absolute in here.references:
                return None
            try:
                target = lookup(absolute)
            except ContractError:
                return None
            beside = {key: value for key, value in here.schema.items() if key != "$ref"}
            schema = {**target, **beside} if isinstance(target, Mapping) else target
            here = Found(schema, absolute.partition("#")[0], here.references | {absolute})
        return None


class _Outline:
    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def lines(self, name: str, given: Found, depth: int = 0, *, required: bool = False) -> Iterator[str]:
        label = f"{'  ' * depth}{name}{'*' if required else ''}"
        found = given.followed(self._lookup)
        if found is None:
            yield f"{label}: as further up ({_last(given.schema.get('$ref'))})"
            return
        yield f"{label}: {summary(found.schema)}{_described(found.schema)}"
        if depth < _MAX_DEPTH:
            yield from self._inside(found, depth + 1)
        elif _has_inside(found.schema):
            yield f"{'  ' * (depth + 1)}..."

    def _inside(self, found: Found, depth: int) -> Iterator[str]:
        schema = found.schema
        needed = schema.get("required")
        wanted = needed if isinstance(needed, list) else []
        properties = schema.get("properties")
        for name, inner in properties.items() if isinstance(properties, Mapping) else ():
            yield from self.lines(name, found.inside(inner), depth, required=name in wanted)
        if isinstance(items := schema.get("items"), Mapping):
            yield from self.lines("each item", found.inside(items), depth)
        if isinstance(others := schema.get("additionalProperties"), Mapping):
            yield from self.lines("any other name", found.inside(others), depth)
        for keyword, words in (("allOf", "and"), ("oneOf", "either"), ("anyOf", "one or more of")):
            for branch in schema.get(keyword) or ():
                yield from self.lines(words, found.inside(branch), depth)


def summary(schema: Mapping[str, Any]) -> str:
    """Type, choices and bounds on one line: ``integer, >= 1, <= 100``."""
    parts = [_type(schema)]
    if "const" in schema:
        parts.append(f"always {show(schema['const'])}")
    if isinstance(choices := schema.get("enum"), list):
        shown = ", ".join(show(choice) for choice in choices[:_MAX_CHOICES])
        more = f" and {len(choices) - _MAX_CHOICES} more" if len(choices) > _MAX_CHOICES else ""
        parts.append(f"one of {shown}{more}")
    parts += [words.format(schema[key]) for key, words in _RANGES if _is_bound(schema, key)]
    parts += [f"{key} {schema[key]}" for key in ("format", "pattern") if key in schema]
    parts += [f"{key} itself excluded" for bound, key in _EXCLUSIVE if schema.get(bound) is True]
    parts += ["no two alike"] if schema.get("uniqueItems") is True else []
    parts += [f"default {show(schema['default'])}"] if "default" in schema else []
    parts += ["no other names"] if schema.get("additionalProperties") is False else []
    return ", ".join(parts)


def _is_bound(schema: Mapping[str, Any], key: str) -> bool:
    """Whether the keyword bounds something; Draft 4 says ``exclusiveMinimum: true`` beside the bound itself."""
    return key in schema and not isinstance(schema[key], bool)


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return " or ".join(map(str, kind))
    if isinstance(kind, str):
        return kind
    implied = {"properties": "object", "items": "array"}
    return next((name for keyword, name in implied.items() if keyword in schema), "any value")


def _described(schema: Mapping[str, Any]) -> str:
    text = str(schema.get("description", "")).strip().partition("\n")[0]
    return f" - {text}" if text else ""


def _has_inside(schema: Mapping[str, Any]) -> bool:
    return any(schema.get(key) for key in ("properties", "items", "allOf", "oneOf", "anyOf"))


def _last(reference: Any) -> str:
    return str(reference).rpartition("/")[2]
