"""Says every reference of a document's schemas as a JSON Pointer into it.

3.1 lets schemas have names of their own (``$id``, ``$anchor``); a document that is kept whole is one resource without
them, and can be judged by from any place. What leads out of the document is left as it is: nothing is fetched, and the
operation that needs it is broken.
"""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

from worker.sandbox.document import ROOT, Place, tokens_of
from worker.sandbox.schemata import Found, Tokens, schemata

_PLAIN: Final = re.compile(r"#[A-Za-z0-9_.~/$%-]*")

_NAMES: Final = ("$id", "$anchor", "$dynamicAnchor", "$dynamicRef")


def resolve(root: dict[str, Any], *, named: bool) -> None:
    """Rewrite every ``$ref``; ``named`` for 3.1, in which schemas can have names."""
    found = list(schemata(root)) if named else []
    if any(name in schema for schema, _ in found for name in _NAMES):
        _by_name(found)
        return
    for schema, _ in found or schemata(root):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/") and not _PLAIN.fullmatch(reference):
            schema["$ref"] = _pointer(tokens_of(reference[1:]))  # characters that a reference must escape, and does not


def _by_name(found: Sequence[Found]) -> None:
    """Two passes: what has which name, then who means it. A ``$dynamicRef`` means what it does without detours."""
    bases: dict[Tokens, str] = {}
    places: dict[str, Tokens] = {}
    for schema, tokens in found:
        _name(schema, tokens, bases, places)
    for schema, tokens in found:
        if isinstance(dynamic := schema.get("$dynamicRef"), str):
            schema.setdefault("$ref", dynamic)
        if isinstance(reference := schema.get("$ref"), str):
            schema["$ref"] = _target(_base(bases, tokens), reference, places)
        for key in _NAMES:
            schema.pop(key, None)


def _name(schema: dict[str, Any], tokens: Tokens, bases: dict[Tokens, str], places: dict[str, Tokens]) -> None:
    """Note the names of one schema."""
    base = _base(bases, tokens)
    if isinstance(schema.get("$id"), str):
        base = bases[tokens] = urljoin(base, schema["$id"]).removesuffix("#")
        places[base] = tokens
    for key in ("$anchor", "$dynamicAnchor"):
        if isinstance(schema.get(key), str):
            places[f"{base}#{schema[key]}"] = tokens


def _base(bases: dict[Tokens, str], tokens: Tokens) -> str:
    """The name of the nearest schema around that has one; empty: the document."""
    return next((bases[tokens[:size]] for size in range(len(tokens), 0, -1) if tokens[:size] in bases), "")


def _target(base: str, reference: str, places: dict[str, Tokens]) -> str:
    whole = base + reference if reference.startswith("#") else urljoin(base, reference)
    if whole in places:
        return _pointer(places[whole])
    resource, pointer = urldefrag(whole)
    if resource and resource not in places:
        return reference
    if pointer and not pointer.startswith("/"):
        return reference
    return _pointer(places.get(resource, ()) + tokens_of(pointer))


def _pointer(tokens: Tokens) -> str:
    return Place(ROOT, tokens).uri.removeprefix(ROOT)
