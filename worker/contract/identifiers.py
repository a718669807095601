"""Replaces names of schemas (``$id``, ``$anchor``, ``$dynamicAnchor``) by their places, in place.

Validators look for names in what they take for a schema, and an OpenAPI document is none. Once every reference is a
pointer, a schema is the same wherever it is looked at from.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urldefrag, urljoin

from worker.contract.document import trail
from worker.contract.library import Library
from worker.contract.survey import Found, schemas

_ANCHORS: Final = ("$anchor", "$dynamicAnchor")
_NAMES: Final = ("$id", *_ANCHORS)


def resolve_names(library: Library) -> None:
    """Make every reference by name one by place; one that names nothing stays as it is."""
    found = [(one, _base(library, one)) for one in schemas(library)]
    named = dict(_named(found))
    if not named:
        return
    dynamic = _dynamic(found)
    for (schema, uri, _), base in found:
        if isinstance(reference := schema.get("$ref"), str) and (at := _place(named, base, reference)):
            schema["$ref"] = at.removeprefix(uri)
        if isinstance(name := schema.get("$dynamicRef"), str) and (at := dynamic.get(name.removeprefix("#"))):
            schema["$ref"] = at.removeprefix(uri)
            del schema["$dynamicRef"]
    for (schema, _, _), _ in found:
        for name in _NAMES:
            schema.pop(name, None)


def _base(library: Library, found: Found) -> str:
    """What references in a schema are relative to: the ``$id`` of it, or of what it stands in, or its document."""
    base = found.uri
    if base not in library.documents:
        return base
    for holder in trail(library.documents[base], f"#{found.at.partition('#')[2]}"):
        if isinstance(holder, Mapping) and isinstance(name := holder.get("$id"), str):
            base = urldefrag(urljoin(base, name)).url
    return base


def _named(found: Iterable[tuple[Found, str]]) -> Iterator[tuple[str, str]]:
    """Every name, absolute, and the place that it stands for."""
    for one, base in found:
        if isinstance(one.schema.get("$id"), str):
            yield base, one.at
        for keyword in _ANCHORS:
            if isinstance(name := one.schema.get(keyword), str):
                yield f"{base}#{name}", one.at


def _dynamic(found: Iterable[tuple[Found, str]]) -> dict[str, str]:
    """Dynamic anchors that stand once, and so always mean the same schema; others depend on the way there."""
    places: dict[str, list[str]] = {}
    for one, _ in found:
        if isinstance(name := one.schema.get("$dynamicAnchor"), str):
            places.setdefault(name, []).append(one.at)
    return {name: at[0] for name, at in places.items() if len(at) == 1}


def _place(named: Mapping[str, str], base: str, reference: str) -> str | None:
    """Where a reference leads, if it does by a name: a schema's, or a pointer from one."""
    absolute, fragment = urldefrag(urljoin(base, reference))
    if fragment and not fragment.startswith("/"):
        return named.get(f"{absolute}#{fragment}")
    at = named.get(absolute)
    return None if at is None else f"{at}{fragment}"
