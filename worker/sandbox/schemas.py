"""Compiles the schemas of a contract on first use, and tells which types a schema lets through.

This is the sandbox's own way to a verdict: jsonschema-rs over the whole document, nothing of the worker's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

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


@dataclass(slots=True)
class Shape:
    """The types that a schema lets through, as far as one can tell without a value.

    Attributes:
        types: JSON Schema's names; empty where the schema does not say.
        items: where the schema of an array's items stands.
        properties: where the schemas of an object's properties stand.
    """

    types: set[str] = field(default_factory=set)
    items: Place | None = None
    properties: dict[str, Place] = field(default_factory=dict)


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
        self._shapes: dict[Place, Shape] = {}

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

    def shape(self, place: Place | None) -> Shape:
        """The types of the schema that stands there."""
        if place is None:
            return Shape()
        found = self._shapes.get(place)
        if found is None:
            found = self._shapes[place] = Shape()
            self._gather(place, found, _DEEPEST)
        return found

    def _gather(self, place: Place, shape: Shape, depth: int) -> None:
        place = self._document.follow(place)
        schema = self._document.get(place)
        if not isinstance(schema, dict) or not depth:
            return
        shape.types.update(_types(schema))
        if shape.items is None and isinstance(schema.get("items"), dict):
            shape.items = place.child("items")
        for name in schema.get("properties") or ():
            shape.properties.setdefault(name, place.child("properties", name))
        for key in ("allOf", "anyOf", "oneOf"):
            for number in range(len(schema.get(key) or ())):
                self._gather(place.child(key, str(number)), shape, depth - 1)


def _types(schema: Mapping[str, Any]) -> set[str]:
    stated = schema.get("type")
    if isinstance(stated, str):
        return {stated}
    if isinstance(stated, list):
        return {name for name in stated if isinstance(name, str)}
    values = [schema["const"]] if "const" in schema else schema.get("enum") or []
    return {_TYPE_NAMES[type(value)] for value in values}
