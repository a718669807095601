"""Compiles the schemas of a contract on first use, and tells which types a schema lets through.

This is the sandbox's own way to a verdict: jsonschema-rs over the whole document, nothing of the worker's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import jsonschema_rs

from worker.errors import ContractError
from worker.sandbox.document import Document, Place

#: A schema deeper than this in references is recursive; its types are known by then.
_DEEPEST: Final = 12

#: Steps that a pattern with look-around may take: it has no linear-time engine, and must not hang the server.
_MOST_STEPS: Final = 100_000

_TYPE_NAMES: Final[Mapping[type, str]] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    type(None): "null",
    list: "array",
    dict: "object",
}


Kind = Literal["object", "array", "scalar"]


@dataclass(slots=True)
class Shape:
    """What schemas let through, as far as one can tell without a value; those of all branches taken together.

    Attributes:
        places: where the schemas stand.
        types: JSON Schema's names; empty where no schema says.
        items: where the schemas of an array's items stand.
        properties: where the schemas of an object's properties stand.
        additional: where the schemas of an object's other properties stand.
        closed: a schema allows no other properties.
        binary: the value is bytes: a file, say.
    """

    places: tuple[Place, ...]
    types: set[str] = field(default_factory=set)
    items: list[Place] = field(default_factory=list)
    properties: dict[str, list[Place]] = field(default_factory=dict)
    additional: list[Place] = field(default_factory=list)
    closed: bool = False
    binary: bool = False

    def places_of(self, name: str) -> tuple[Place, ...]:
        """Where the schemas of the property of this name stand."""
        return tuple(self.properties.get(name, self.additional))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What a text can be, the most specific first; without a type, what the other keywords speak of comes first."""
        types = self.types - {"null"} or ({"null"} if self.types else set())
        named: tuple[Kind, ...] = ("object", "array")
        if types:
            listed = tuple(kind for kind in named if kind in types)
            return (*listed, "scalar") if types - {"object", "array"} else listed
        hinted: list[Kind] = ["object"] if self.properties or self.additional else []
        hinted += ["array", "scalar"] if self.items else ["scalar", "array"]
        return tuple(hinted)


class Schemas:
    """The schemas of one document."""

    def __init__(self, document: Document, draft: int) -> None:
        self._document = document
        self._compiler: type[jsonschema_rs.Validator] = (
            jsonschema_rs.Draft4Validator if draft == jsonschema_rs.Draft4 else jsonschema_rs.Draft202012Validator
        )
        # A draft that is given here overrides a resource's own $schema; without one, that counts, or else 2020-12.
        forced = draft if draft == jsonschema_rs.Draft4 else None
        try:
            self._registry = jsonschema_rs.Registry(list(document.resources.items()), draft=forced)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise ContractError(f"the contract's schemas cannot be used: {error}") from error
        self._validators: dict[Place, jsonschema_rs.Validator] = {}
        self._shapes: dict[tuple[Place, ...], Shape] = {}

    def validator(self, place: Place) -> jsonschema_rs.Validator:
        """The schema that stands there, compiled.

        Raises:
            ContractError: it is no schema, or it refers to what is not in the document.
        """
        found = self._validators.get(place)
        if found is None:
            found = self._validators[place] = self._compile(place)
        return found

    def _compile(self, place: Place) -> jsonschema_rs.Validator:
        problem: Exception | None = None
        for patterns in (
            jsonschema_rs.RegexOptions(),
            jsonschema_rs.FancyRegexOptions(backtrack_limit=_MOST_STEPS),  # where a pattern looks around
        ):
            try:
                return self._compiler(
                    {"$ref": place.uri},
                    registry=self._registry,
                    validate_formats=True,
                    offline=True,
                    pattern_options=patterns,
                )
            except (ValueError, jsonschema_rs.ReferencingError) as error:
                problem = error
        reason = str(problem).split("\n", 1)[0]
        raise ContractError(f"the schema at {place.uri} cannot be used: {reason}") from problem

    def shape(self, places: tuple[Place, ...]) -> Shape:
        """What the schemas that stand there let through."""
        found = self._shapes.get(places)
        if found is None:
            found = self._shapes[places] = Shape(places)
            for place in places:
                self._gather(place, found, _DEEPEST)
        return found

    def _gather(self, place: Place, shape: Shape, depth: int) -> None:
        try:
            schema = self._document.get(place)
            if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
                self._gather(self._document.follow(place), shape, depth - 1)
        except ContractError:
            return  # whoever compiles this schema will say so
        if not isinstance(schema, dict) or depth < 0:
            return
        _describe(shape, schema, place)
        for key in ("allOf", "anyOf", "oneOf"):
            for number in range(len(schema.get(key) or ())):
                self._gather(place.child(key, str(number)), shape, depth - 1)
        for key in ("then", "else"):
            if key in schema:
                self._gather(place.child(key), shape, depth - 1)


def _describe(shape: Shape, schema: Mapping[str, Any], place: Place) -> None:
    """Add what one schema says by itself."""
    shape.types.update(_types(schema))
    shape.binary |= schema.get("format") == "binary" or "contentMediaType" in schema or "contentEncoding" in schema
    if isinstance(schema.get("items"), dict):
        shape.items.append(place.child("items"))
    for number in range(len(schema.get("prefixItems") or ())):
        shape.items.append(place.child("prefixItems", str(number)))
    for name in schema.get("properties") or ():
        shape.properties.setdefault(name, []).append(place.child("properties", name))
    if isinstance(schema.get("additionalProperties"), dict):
        shape.additional.append(place.child("additionalProperties"))
    shape.closed |= schema.get("additionalProperties") is False


def _types(schema: Mapping[str, Any]) -> set[str]:
    stated = schema.get("type")
    if isinstance(stated, str):
        return {stated}
    if isinstance(stated, list):
        return {name for name in stated if isinstance(name, str)}
    values = [schema["const"]] if "const" in schema else schema.get("enum") or []
    return {_TYPE_NAMES[type(value)] for value in values} if isinstance(values, list) else set()
