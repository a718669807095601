"""Finds every schema of a library that may concern a request, each once, with where it stands.

Only places that hold schemas are visited: an example may have a member called ``nullable`` too.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from worker.contract.document import fragment
from worker.contract.library import Library
from worker.contract.reference import follow
from worker.errors import ContractError

#: A way into a document: a JSON Pointer, or a step further from another way. Made into text only where it is told.
Trail: TypeAlias = "str | tuple[Trail, str | int]"

#: Keywords of any dialect that hold one schema, several, or several by name.
ONE: Final = frozenset(
    {
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
MANY: Final = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
BY_NAME: Final = frozenset(
    {"$defs", "definitions", "dependentSchemas", "dependencies", "patternProperties", "properties"}
)
#: What besides schemas may hold one, by its place under ``components``.
_HOLDERS: Final = ("parameters", "requestBodies", "headers")


class Found(NamedTuple):
    """A schema, the URI of its document, and the way to it."""

    schema: dict[str, Any]
    uri: str
    trail: Trail

    @property
    def at(self) -> str:
        """``URI#/components/schemas/Order``."""
        tokens: list[str | int] = []
        trail = self.trail
        while not isinstance(trail, str):
            trail, token = trail
            tokens.append(token)
        return f"{self.uri}#{trail}{fragment(*reversed(tokens))}"


_Value = tuple[Any, str, Trail]


def schemas(library: Library) -> Iterator[Found]:
    """Every schema that says what may be sent, and all that those refer to.

    What a schema holds is looked up after it was handed out: it may be changed, in place, before the next is asked for.
    """
    waiting: list[_Value] = list(_starts(library))
    seen: set[int] = set()
    while waiting:
        value, uri, trail = waiting.pop()
        if not isinstance(value, dict) or id(value) in seen:
            continue
        seen.add(id(value))
        yield Found(value, uri, trail)
        if isinstance(reference := value.get("$ref"), str):
            waiting.extend(_target(library, reference, uri))
        waiting.extend(_inside(value, uri, trail))


def _target(library: Library, reference: str, uri: str) -> Iterator[_Value]:
    try:
        value, at = library.find(reference, uri)
    except ContractError:
        return  # whoever needs it says so
    there, _, pointer = at.partition("#")
    yield value, there, pointer


def _inside(schema: dict[str, Any], uri: str, trail: Trail) -> Iterator[_Value]:
    """The schemas directly inside a schema, whatever its dialect."""
    for keyword, value in schema.items():
        if isinstance(value, dict):
            if keyword in ONE:
                yield value, uri, (trail, keyword)
            elif keyword in BY_NAME:
                yield from (((inner, uri, ((trail, keyword), name)) for name, inner in value.items()))
        elif isinstance(value, list) and keyword in MANY:
            yield from ((inner, uri, ((trail, keyword), index)) for index, inner in enumerate(value))


def _starts(library: Library) -> Iterator[_Value]:
    """Every place at which a schema that concerns requests may start."""
    root = library.root
    components = root.get("components")
    parts = components if isinstance(components, dict) else {}
    here = f"{library.uri}#/components"
    yield from _values(parts.get("schemas"), f"{here}/schemas")
    for kind in _HOLDERS:
        for holder, uri, pointer in _values(parts.get(kind), f"{here}/{kind}"):
            yield from _held(library, holder, f"{uri}#{pointer}")
    yield from _in_path_items(library, root.get("paths"), f"{library.uri}#/paths")
    yield from _in_path_items(library, parts.get("pathItems"), f"{here}/pathItems")


def _in_path_items(library: Library, items: Any, at: str) -> Iterator[_Value]:
    for given, uri, pointer in _values(items, at):
        item, here = _followed(library, given, f"{uri}#{pointer}")
        yield from _in_parameters(library, item, here)
        for operation, there, place in _values(item, here):
            yield from _in_parameters(library, operation, f"{there}#{place}")
            if isinstance(operation, dict):
                yield from _held(library, operation.get("requestBody"), f"{there}#{place}/requestBody")


def _in_parameters(library: Library, holder: Any, at: str) -> Iterator[_Value]:
    found = holder.get("parameters") if isinstance(holder, dict) else None
    for index, parameter in enumerate(found if isinstance(found, list) else ()):
        yield from _held(library, parameter, f"{at}/parameters/{index}")


def _held(library: Library, given: Any, at: str) -> Iterator[_Value]:
    """The schemas of a parameter or a body: its own, and those of its content."""
    holder, here = _followed(library, given, at)
    if isinstance(holder, dict):
        uri, _, pointer = here.partition("#")
        yield holder.get("schema"), uri, f"{pointer}/schema"
        for media, there, place in _values(holder.get("content"), f"{here}/content"):
            if isinstance(media, dict):
                yield media.get("schema"), there, f"{place}/schema"


def _followed(library: Library, given: Any, at: str) -> tuple[Any, str]:
    try:
        return follow(library, given, at)
    except ContractError:
        return None, at  # reading the operation says so, with its name


def _values(holder: Any, at: str) -> Iterator[_Value]:
    """The members of an object at ``URI#pointer``."""
    uri, _, pointer = at.partition("#")
    for name, value in holder.items() if isinstance(holder, dict) else ():
        yield value, uri, f"{pointer}{fragment(name)}"
