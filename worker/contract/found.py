"""A Found: a schema, and where the references inside of it start from."""

from collections.abc import Mapping
from typing import Any, Final

from worker.contract.explain import Lookup
from worker.contract.library import absolute
from worker.errors import ContractError

_MAX_HOPS: Final = 20  # references followed on the way to one value; more is a cycle


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
        if isinstance(schema, Found):  # laid over this one, and from elsewhere
            return Found(schema.schema, schema.base, schema.references | self.references)
        return Found(schema, self.base, self.references)

    def members(self) -> dict[str, "Found"]:
        """The properties that it names."""
        properties = self.schema.get("properties")
        return {name: self.inside(one) for name, one in properties.items()} if isinstance(properties, Mapping) else {}

    def required(self) -> list[str]:
        """The names of the members that have to be there."""
        names = self.schema.get("required")  # in drafts before 4, and in error, a boolean
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def branches(self, keyword: str) -> list["Found"]:
        """The schemas of ``allOf``, ``anyOf`` or ``oneOf``."""
        found = self.schema.get(keyword)
        return [self.inside(one) for one in found] if isinstance(found, list) else []

    def within(self, keyword: str) -> "Found | None":
        """The schema that a keyword such as ``items`` has; None where it has none, or a boolean."""
        found = self.schema.get(keyword)
        return self.inside(found) if isinstance(found, Mapping | Found) else None

    def without(self, *keywords: str) -> "Found":
        """The same without some of its keywords."""
        left = {key: value for key, value in self.schema.items() if key not in keywords}
        return Found(left, self.base, self.references)

    def laid_over(self, other: "Found") -> "Found":
        """A schema that says what both say: this one where they differ, and both of each member."""
        schema = {**other._bound(), **self._bound()}  # noqa: SLF001 - of its own kind
        ours, theirs = self.members(), other.members()
        if ours or theirs:
            both = {name: self.inside({"allOf": [theirs[name], ours[name]]}) for name in ours.keys() & theirs.keys()}
            schema["properties"] = {**theirs, **ours, **both}
        if required := dict.fromkeys((*other.required(), *self.required())):
            schema["required"] = list(required)
        return Found(schema, self.base, self.references | other.references)

    def followed(self, lookup: Lookup) -> "Found | None":
        """With its reference, and those behind it, replaced; None for one that leads back into itself, or nowhere."""
        here = self
        for _ in range(_MAX_HOPS):
            reference = here.schema.get("$ref")
            if not isinstance(reference, str):
                return here
            target_at = absolute(reference, here.base)
            if target_at in here.references:
                return None
            try:
                target = lookup(target_at)
            except ContractError:
                return None
            there = Found(target, target_at.partition("#")[0], here.references | {target_at})
            beside = here.without("$ref")
            here = beside.laid_over(there) if beside.schema else there
        return None

    def _bound(self) -> dict[str, Any]:
        """Its keywords, in which every schema knows where its references start from."""
        bound = dict(self.schema)
        if isinstance(reference := bound.get("$ref"), str):
            bound["$ref"] = absolute(reference, self.base)
        for keyword in ("items", "additionalProperties"):
            if (inner := self.within(keyword)) is not None:
                bound[keyword] = inner
        for keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            if inners := self.branches(keyword):
                bound[keyword] = inners
        return bound
