"""Writes a JSON Schema as a tree that a person can read: a line for each value, with what it may be."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from worker.contract.explain import Lookup, show
from worker.contract.found import Found

_MAX_DEPTH: Final = 6  # levels: what lies deeper is rarely what somebody looks for
_MAX_CHOICES: Final = 12
_MAX_SHOWN: Final = 100  # characters of choices
_LEAST: Final = 20  # characters of a description that are worth to be shown
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")

_RANGES: Final = (
    ("minimum", ">= {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "<= {}"),
    ("exclusiveMaximum", "< {}"),
    ("multipleOf", "multiple of {}"),
)
_SIZES: Final = (
    ("minLength", "maxLength", "character"),
    ("minItems", "maxItems", "item"),
    ("minProperties", "maxProperties", "member"),
)
_EXCLUSIVE: Final = (("exclusiveMinimum", "the minimum"), ("exclusiveMaximum", "the maximum"))
_NOTES: Final = (("deprecated", "deprecated"), ("readOnly", "read-only"), ("writeOnly", "write-only"))
_BRANCHES: Final = (("allOf", "and"), ("oneOf", "either"), ("anyOf", "one or more of"))
#: What two schemas may both say and still be one: the first word counts.
_WORDS: Final = frozenset({"title", "description", "example", "examples", "default", "type", "properties", "required"})
_ANY: Final = "any value"


def outline(
    schema: Any,
    lookup: Lookup,
    name: str = "body",
    *,
    required: bool = False,
    note: str = "",
    width: int | None = None,
) -> list[str]:
    """A tree, two spaces a level; ``*`` stands after the names of what is required.

    Args:
        schema: its references are absolute, or stand in a document that one of them named.
        lookup: finds what an absolute reference points to.
        name: what the first line is called.
        required: whether that is required.
        note: what stands in brackets after its name.
        width: characters of a line, to which descriptions are cut; None does not cut them.
    """
    label = f"{name}{'*' if required else ''}{f' ({note})' if note else ''}"
    return list(_Outline(lookup, width).lines(label, Found(schema, "")))


class _Outline:
    def __init__(self, lookup: Lookup, width: int | None) -> None:
        self._lookup = lookup
        self._width = width

    def lines(self, label: str, given: Found, depth: int = 0) -> Iterator[str]:
        start = f"{'  ' * depth}{label}"
        found = self._opened(given)
        if found is None:
            yield f"{start}: as further up ({_last(given.schema.get('$ref'))})"
            return
        whole = self._whole(found)
        yield self._line(f"{start}: {whole or summary(found.schema)}", found.schema)
        if whole is not None:
            return
        if depth < _MAX_DEPTH:
            yield from self._inside(found, depth + 1)
        else:
            yield f"{'  ' * (depth + 1)}..."

    def _opened(self, given: Found) -> Found | None:
        """With references followed, and all of ``allOf`` in one where that says the same."""
        found = given.followed(self._lookup)
        if found is None:
            return None
        flat = None
        for part in (*map(self._opened, found.branches("allOf")), found.without("allOf")):
            if part is None or (flat is not None and not _agree(flat.schema, part.schema)):
                return found
            flat = part if flat is None else part.laid_over(flat)
        return flat

    def _inside(self, found: Found, depth: int) -> Iterator[str]:
        wanted = found.required()
        for name, inner in found.members().items():
            yield from self.lines(f"{name}{'*' if name in wanted else ''}", inner, depth)
        if (items := found.within("items")) is not None:
            yield from self.lines("each item", items, depth)
        if (others := found.within("additionalProperties")) is not None:
            yield from self.lines("any other name", others, depth)
        for keyword, words in _BRANCHES:
            for branch in found.branches(keyword):
                yield from self.lines(f"{words}{_told_by(found.schema, branch.schema)}", branch, depth)

    def _whole(self, found: Found) -> str | None:
        """All that is to say about a value, where one line can; None where it has an inside of its own."""
        schema = found.schema
        if schema.get("properties") or schema.get("allOf") or found.within("additionalProperties") is not None:
            return None
        if (items := found.within("items")) is not None:
            inner = self._simple(items)
            return None if inner is None or "," in inner else summary(schema, f"array of {inner}")
        branches = [*found.branches("oneOf"), *found.branches("anyOf")]
        told = [self._simple(branch) for branch in branches]
        if None in told:
            return None
        return summary(schema, " or ".join(dict.fromkeys(filter(None, told))))

    def _simple(self, given: Found) -> str | None:
        """``_whole`` of a schema that needs no words of its own."""
        found = self._opened(given)
        return None if found is None or found.schema.get("description") else self._whole(found)

    def _line(self, text: str, schema: Mapping[str, Any]) -> str:
        told = _LINK.sub(r"\1", str(schema.get("description", "")).strip().partition("\n")[0])
        if self._width is not None:
            left = self._width - len(text) - len(" - ")
            told = textwrap.shorten(told, left, placeholder=" ...") if left >= _LEAST else ""
        return f"{text} - {told}" if told else text


def summary(schema: Mapping[str, Any], kind: str = "") -> str:
    """Type, choices and bounds on one line: ``integer, >= 1, <= 100``; ``kind`` is a better name of the type."""
    if schema.get("readOnly") is True and schema.get("not") == {}:
        return "read-only, leave it out"
    parts = [kind or _type(schema)]
    if "const" in schema:
        parts.append(f"always {show(schema['const'])}")
    if isinstance(choices := schema.get("enum"), list):
        parts.append(f"one of {_choices(choices)}")
    parts += [words.format(schema[key]) for key, words in _RANGES if _is_bound(schema, key)]
    parts += filter(None, (_size(schema.get(low), schema.get(high), one) for low, high, one in _SIZES))
    parts += [f"{key} {schema[key]}" for key in ("format", "pattern") if key in schema]
    parts += [f"{key} itself excluded" for bound, key in _EXCLUSIVE if schema.get(bound) is True]
    parts += ["no two alike"] if schema.get("uniqueItems") is True else []
    parts += [f"default {show(schema['default'])}"] if "default" in schema else []
    parts += ["no other names"] if schema.get("additionalProperties") is False else []
    parts += [word for key, word in _NOTES if schema.get(key) is True]
    return ", ".join(parts)


def _size(low: Any, high: Any, one: str) -> str:
    """``1 to 5 items``, or only one end of it; no fewer than none is no bound."""
    if not low and high is None:
        return ""
    if low and high not in {None, low}:
        return f"{low} to {high} {one}s"
    bound = low if high is None else high
    words = "" if low == high else "at least " if high is None else "at most "
    return f"{words}{bound} {one}{'' if bound == 1 else 's'}"


def _choices(choices: list[Any]) -> str:
    shown = [show(choice) for choice in choices[:_MAX_CHOICES]]
    while len(shown) > 1 and sum(map(len, shown)) > _MAX_SHOWN:
        shown.pop()
    more = len(choices) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more' if more else ''}"


def _agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether nothing is lost where one is laid over the other."""
    both = one.keys() & other.keys()
    return both <= _WORDS and ("type" not in both or one["type"] == other["type"])


def _told_by(schema: Mapping[str, Any], branch: Mapping[str, Any]) -> str:
    """What a discriminator says of a branch: `` (kind = cat)``."""
    found = schema.get("discriminator")
    name = found.get("propertyName") if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(name, str) or not (last := _last(branch.get("$ref", ""))):
        return ""
    mapping = found.get("mapping")
    named = mapping.items() if isinstance(mapping, Mapping) else ()
    values = [str(value) for value, target in named if _last(target) == last] or [last]
    return f" ({name} = {' or '.join(values)})"


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
    return next((name for keyword, name in implied.items() if keyword in schema), _ANY)


def _last(reference: Any) -> str:
    return str(reference).rpartition("/")[2]
