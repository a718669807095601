"""Says because of what else in a job a rule counts: ``because 'country' is "DE"``."""

from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs

from worker.contract.explain.surroundings import Lookup, Node, above, member_names, values
from worker.contract.shown import choices, joined, quoted, show

_MAX_REASONS: Final = 3


def condition(error: jsonschema_rs.ValidationError, lookup: Lookup) -> str | None:
    """Why a rule under ``then``, ``else`` or ``dependentSchemas`` counts, or one that asks for a name beside another.

    None for all others, and where the reason takes more than a few words.
    """
    path = error.schema_path
    for index in range(len(path) - 1, -1, -1):
        keyword = path[index]
        if keyword in {"then", "else"} and (found := above(error, path[:index], lookup)) and "if" in found.schema:
            return _conditional(found, lookup, held=keyword == "then")
        if keyword in {"dependentSchemas", "dependencies"} and index + 2 < len(path):
            return f"because {quoted(str(path[index + 1]))} is there"
    if path and path[-1] in {"dependentRequired", "dependencies"}:
        return _dependent(error, str(path[-1]), lookup)
    return None


def _dependent(error: jsonschema_rs.ValidationError, keyword: str, lookup: Lookup) -> str | None:
    """Which of the names that are there ask for the missing one."""
    missing = getattr(error.kind, "property", None)
    found = above(error, error.schema_path[:-1], lookup)
    asking = found.schema.get(keyword) if found else None
    names = [
        quoted(name)
        for name, asked in (asking.items() if isinstance(asking, dict) else ())
        if isinstance(asked, list) and missing in asked and name in member_names(error)
    ]
    are = "is" if len(names) == 1 else "are"
    return f"because {joined(names[:_MAX_REASONS], 'and')} {are} there" if names else None


def _conditional(node: Node, lookup: Lookup, *, held: bool) -> str | None:
    """What an ``if`` that only names members and their values says; None of any other."""
    asked = node.schema["if"]
    if not isinstance(asked, dict) or not asked.keys() <= {"properties", "required", "type"}:
        return None
    reasons = list(_reasons(Node(asked, node.uri), lookup, held=held))
    if not reasons or len(reasons) > _MAX_REASONS or (len(reasons) > 1 and not held) or None in reasons:
        return None
    return f"because {joined([one for one in reasons if one], 'and')}"


def _reasons(node: Node, lookup: Lookup, *, held: bool) -> Iterator[str | None]:
    be = "is" if held else "is not"
    properties = node.schema.get("properties", {})
    for name, one in properties.items():
        allowed: list[Any] = values(Node(one, node.uri), lookup) if isinstance(one, dict) else []
        if not allowed:
            yield None
        yield f"{quoted(name)} {be} {show(allowed[0]) if len(allowed) == 1 else f'one of: {choices(allowed)}'}"
    for name in node.schema.get("required", ()):
        if name not in properties:
            yield f"{quoted(name)} {be} there"
