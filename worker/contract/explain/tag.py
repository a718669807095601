"""The member that tells the alternatives of a ``oneOf`` or ``anyOf`` apart: its ``discriminator``, or a convention."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from worker.contract.explain.surroundings import Lookup, Node, members, name_of, values


class Tag(NamedTuple):
    """A member whose value names the alternative.

    Attributes:
        declared: it is the contract's ``discriminator``.
        labels: the values that mean an alternative, for each of them.
    """

    name: str
    declared: bool
    labels: Sequence[Sequence[Any]]


def tag_of(found: Node | None, branches: Sequence[Node | None], lookup: Lookup) -> Tag | None:
    """The tag of the alternatives of a schema; None where nothing tells them apart."""
    discriminator = found.schema.get("discriminator") if found else None
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
    if isinstance(name, str) and isinstance(discriminator, dict):
        mapping = discriminator.get("mapping")
        targets = mapping if isinstance(mapping, dict) else {}
        return Tag(name=name, declared=True, labels=[_labels(one, name, targets, lookup) for one in branches])
    return _by_convention(branches, lookup)


def _labels(branch: Node | None, name: str, mapping: Mapping[str, Any], lookup: Lookup) -> list[Any]:
    """What a mapping, the alternative's own schema or its name says, in this order."""
    described = members(branch, lookup).get(name)
    said = [label for label, target in mapping.items() if branch and _leads_to(target, branch)]
    said += [one for one in _scalars(described, lookup) if one not in said]
    reference = branch.schema.get("$ref") if branch else None
    return said or ([name_of(branch)] if isinstance(reference, str) else [])


def _leads_to(target: Any, branch: Node) -> bool:
    """Whether a mapping's value, a reference or a bare name, is that of an alternative."""
    reference = branch.schema.get("$ref")
    return isinstance(reference, str) and (target == reference or (target == name_of(branch) and "/" not in target))


def _by_convention(branches: Sequence[Node | None], lookup: Lookup) -> Tag | None:
    """A member that may have other values in each alternative than in all others."""
    described = [members(one, lookup) for one in branches]
    for name in described[0] if len(described) > 1 else ():
        labels = [_scalars(one.get(name), lookup) for one in described]
        every = [label for some in labels for label in some]
        if all(labels) and all(every.count(label) == 1 for label in every):
            return Tag(name=name, declared=False, labels=labels)
    return None


def _scalars(node: Node | None, lookup: Lookup) -> list[Any]:
    """The values that a schema allows, where all of them can be names."""
    allowed = values(node, lookup)
    return [] if any(isinstance(one, dict | list) for one in allowed) else allowed
