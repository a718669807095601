"""Says what is wrong with a list as a whole: which items are the same, too many, too few, or not described."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from worker.contract.explain.broken import Broken, Words
from worker.contract.explain.mistyped import TYPES
from worker.contract.explain.surroundings import Lookup, Node, parts, values, within
from worker.contract.shown import choices, counted, show

_MAX_TWINS: Final = 3


def _twins(broken: Broken) -> Words:
    same: dict[str, list[str]] = {}
    for index, item in enumerate(broken.value):
        same.setdefault(_identity(item), []).append(str(index))
    groups = [indices for indices in same.values() if len(indices) > 1]
    told = "; ".join(f"items {choices(indices)}" for indices in groups[:_MAX_TWINS])
    more = f", and {len(groups) - _MAX_TWINS:,} more such" if len(groups) > _MAX_TWINS else ""
    return Words(f"the list holds something twice: {told}{more}", "send each item once")


def _identity(item: Any) -> str:
    """The same for what JSON Schema calls equal: 1 and 1.0, and objects in whatever order."""

    def plain(value: Any) -> Any:
        match value:
            case float() if value.is_integer():
                return int(value)
            case list():
                return [plain(one) for one in value]
            case dict():
                return sorted((name, plain(one)) for name, one in value.items())
        return value

    return f"{type(item).__name__ if isinstance(item, bool | list | dict) else ''}{plain(item)!r}"


def _contains(broken: Broken) -> Words:
    rule = str(broken.error.schema_path[-1])
    what = _kind_of(within(broken.holder, "contains"), broken.lookup)
    bound = "1" if rule == "contains" else show(broken.beside(rule))
    if rule == "maxContains":
        return Words(f"more than {bound} of the list's items are {what}", f"send at most {bound} of them")
    return Words(f"fewer than {bound} of the list's items are {what}", f"send at least {bound} of them")


def _kind_of(node: Node | None, lookup: Lookup) -> str:
    """What a simple schema asks for, in words."""
    if options := values(node, lookup):
        return choices(options) if len(options) == 1 else f"one of: {choices(options)}"
    types = [schema["type"] for schema, _ in parts(node, lookup) if isinstance(schema.get("type"), str)]
    return TYPES.get(types[0], types[0]) if types else "of the kind that the contract asks for"


def _surplus(broken: Broken) -> Words:
    size, limit = len(broken.value), getattr(broken.error.kind, "limit", 0)
    return Words(
        f"the list has {counted(size, 'item')}, of which the contract describes {limit}", "leave the others out"
    )


def _unevaluated(broken: Broken) -> Words:
    count = len(getattr(broken.error.kind, "unexpected", ()))
    return Words(f"the list has {counted(count, 'item')} that the contract does not describe", "leave them out")


#: By keyword.
SAYINGS: Final[Mapping[str, Callable[[Broken], Words]]] = {
    "additionalItems": _surplus,
    "contains": _contains,
    "unevaluatedItems": _unevaluated,
    "uniqueItems": _twins,
}
