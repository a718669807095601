"""What a contract says about each place of a job: what text there has to become, and what lies inside of it.

Worked out once for each place, when a value is first met there. Recursive schemas are a graph of places, not a tree.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from worker.contract.explain import Lookup
from worker.contract.library import absolute
from worker.errors import ContractError

_ANYTHING: Final = frozenset({"string", "boolean", "integer", "number", "null", "array", "object"})
_KINDS: Final[Mapping[type, frozenset[str]]] = {
    str: frozenset({"string"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer"}),
    float: frozenset({"integer", "number"}),
    type(None): frozenset({"null"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
}
_STRUCTURE: Final = ("properties", "additionalProperties", "patternProperties", "items", "prefixItems")
_MAX_STEPS: Final = 2000  # schemas looked at for one place; beyond that text stays text


class Place:
    """What is known of one place.

    Attributes:
        types: what text has to become here; empty where it may stay text, and where nothing is said.
    """

    __slots__ = ("_inside", "_places", "_said", "types")

    def __init__(self, places: "Places", said: Sequence["_Said"], types: frozenset[str]) -> None:
        self.types = types
        self._places = places
        self._said = said
        self._inside: Inside | None = None

    @property
    def inside(self) -> "Inside":
        """What lies in it; worked out when it is first asked for."""
        if self._inside is None:
            self._inside = self._places.inside(self._said)
        return self._inside


class Inside(NamedTuple):
    """The places in a place; None where nothing there, or further inside, is ever to be changed.

    Attributes:
        members: by name, all that the contract names.
        other: of all other names.
        items: by index, where the first items of a list differ.
        rest: of all other items.
    """

    members: Mapping[Any, Place | None] = {}
    other: Place | None = None
    items: Mapping[Any, Place | None] = {}
    rest: Place | None = None


class _Said(NamedTuple):
    """A schema that a place has to satisfy or, where it is one of several alternatives, may satisfy."""

    schema: Any
    base: str
    optional: bool

    @property
    def key(self) -> tuple[int, str, bool]:
        return id(self.schema), self.base, self.optional


class Places:
    """Finds places.

    Args:
        lookup: finds what an absolute reference points to; ContractError where that cannot be found.
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._known: dict[frozenset[tuple[int, str, bool]], Place | None] = {}

    def root(self, schema: Any) -> Place | None:
        """The place that a schema describes; its references are absolute. The schema has to be kept."""
        return self._place([_Said(schema, "", optional=False)])

    def inside(self, said: Iterable[_Said]) -> Inside:
        """What lies inside of a place that all of these describe."""
        names = {name for one in said for name in _mapping(one.schema, "properties")}
        width = max((len(_first(one.schema)) for one in said), default=0)
        members = {name: self._place(_describing(said, name)) for name in names}
        items = {index: self._place(_describing(said, index)) for index in range(width)}
        return Inside(members, self._place(_describing(said, None)), items, self._place(_describing(said, width)))

    def _place(self, given: Iterable[_Said]) -> Place | None:
        roots = list(given)
        key = frozenset(one.key for one in roots)
        if key not in self._known:
            types = self._types_of(roots)
            said = self._all(roots)
            deep = any(keyword in one.schema for one in said for keyword in _STRUCTURE)
            self._known[key] = Place(self, said, types) if types or deep else None
        return self._known[key]

    def _all(self, roots: Iterable[_Said]) -> list[_Said]:
        """These, and all that they refer to or are made of, as far as they describe the same value."""
        found: dict[tuple[int, str, bool], _Said] = {}
        waiting = list(roots)
        while waiting:
            one = waiting.pop()
            if isinstance(one.schema, Mapping) and one.key not in found:
                found[one.key] = one
                waiting += self._behind(one)
                waiting += (_Said(part, one.base, one.optional) for part in _list(one.schema, "allOf"))
                for keyword in ("anyOf", "oneOf"):
                    waiting += (_Said(part, one.base, optional=True) for part in _list(one.schema, keyword))
        return list(found.values())

    def _behind(self, said: _Said) -> list[_Said]:
        """What a schema's reference points to."""
        reference = said.schema.get("$ref")
        if not isinstance(reference, str):
            return []
        at = absolute(reference, said.base)
        try:
            return [_Said(self._lookup(at), at.partition("#")[0], said.optional)]
        except ContractError:  # the validator may know it by an $id, so anything may stand there
            return [_Said(True, said.base, optional=True)]  # noqa: FBT003 - a schema

    def _types_of(self, roots: Iterable[_Said]) -> frozenset[str]:
        """What text has to become; what one alternative takes as text stays text."""
        found: frozenset[str] = frozenset()
        for one in roots:
            types = _Types(self._behind).of(one)
            if types is not None and (types != _ANYTHING or one.optional):
                found |= types
        return frozenset() if "string" in found else found


class _Types:
    """The types that a schema allows; a search ends, however schemas refer to each other."""

    def __init__(self, behind: Callable[[_Said], list[_Said]]) -> None:
        self._behind = behind
        self._steps = 0

    def of(self, said: _Said, within: frozenset[int] = frozenset()) -> frozenset[str] | None:
        """None where a schema only says that it is what it stands in."""
        schema = said.schema
        self._steps += 1
        if not isinstance(schema, Mapping) or self._steps > _MAX_STEPS:
            return frozenset() if schema is False else _ANYTHING
        if id(schema) in within:
            return None
        within |= {id(schema)}
        parts = [*self._behind(said), *(_Said(one, said.base, said.optional) for one in _list(schema, "allOf"))]
        found = [self.of(part, within) for part in parts]
        choices = [branches for keyword in ("anyOf", "oneOf") if (branches := _list(schema, keyword))]
        found += [
            _union([self.of(_Said(one, said.base, said.optional), within) for one in branches]) for branches in choices
        ]
        declared, known = _declared(schema), [types for types in found if types is not None]
        return None if found and not known and declared == _ANYTHING else declared.intersection(*known)


def _union(found: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    known = [types for types in found if types is not None]
    return frozenset().union(*known) if known else None


def _declared(schema: Mapping[str, Any]) -> frozenset[str]:
    """By ``type`` and by the values that are named; a whole number is a number too."""
    given = schema.get("type", ())
    kinds = frozenset([given] if isinstance(given, str) else (one for one in given if isinstance(one, str)))
    values = [schema["const"]] if "const" in schema else _list(schema, "enum")
    named = frozenset().union(*(_KINDS[type(value)] for value in values))
    types = kinds | {"integer"} if "number" in kinds else kinds
    return (types or _ANYTHING) & (named or _ANYTHING)


def _describing(said: Iterable[_Said], step: str | int | None) -> list[_Said]:
    """What describes a member or an item; None for a member that no schema names."""
    found: list[_Said] = []
    for one in said:
        inner = _items(one.schema, step) if isinstance(step, int) else _members(one.schema, step)
        several = len(inner) > 1
        found += (_Said(schema, one.base, one.optional or several) for schema in inner)
    return found


def _members(schema: Mapping[str, Any], name: str | None) -> list[Any]:
    """More than one where names that match a pattern are something else: which they are is not looked at."""
    properties = _mapping(schema, "properties")
    if name is not None and name in properties:
        return [properties[name]]
    patterns = list(_mapping(schema, "patternProperties").values())
    others = schema.get("additionalProperties", bool(patterns))
    return [*patterns, *([] if others is False else [others])]


def _items(schema: Mapping[str, Any], index: int) -> list[Any]:
    first, items = _first(schema), schema.get("items", False)
    rest = schema.get("additionalItems", False) if isinstance(items, list) else items
    if index < len(first):
        return [first[index]]
    return [] if rest is False else [rest]


def _first(schema: Mapping[str, Any]) -> list[Any]:
    """The schemas of a list's first items, which differ."""
    return _list(schema, "prefixItems") or _list(schema, "items")


def _mapping(schema: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    found = schema.get(keyword)
    return found if isinstance(found, Mapping) else {}


def _list(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    found = schema.get(keyword)
    return found if isinstance(found, list) else []
