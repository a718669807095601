"""Takes apart the text of a parameter by its style, before its percent-escapes are decoded."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from worker.sandbox.operation import Parameter
from worker.sandbox.schemas import Shape
from worker.sandbox.values import Raw, decode

_SPACE: Final = re.compile(r"%20|\+")
_PIPE: Final = re.compile(r"\||%7[Cc]")

Query = Mapping[str, Sequence[str]]


def query_of(raw: str) -> dict[str, list[str]]:
    """``a=1&b=x%20y&a=2`` -> ``{"a": ["1", "2"], "b": ["x%20y"]}``: names decoded, values still raw.

    Raises:
        ValueError: the escapes of a name are broken.
    """
    pairs: dict[str, list[str]] = {}
    for piece in raw.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.setdefault(decode(name, plus=True), []).append(value)
    return pairs


def in_query(parameter: Parameter, shape: Shape, query: Query) -> Raw | None:
    """The parameter's text out of the query; None where it is absent.

    Raises:
        ValueError: it stands there twice without being a list, or its escapes are broken.
    """
    if parameter.style == "deepObject":
        return _deep(parameter.name, query)
    if _kind(shape) == "object" and parameter.explode:
        return _exploded(shape, query)
    texts = query.get(parameter.name)
    if texts is None:
        return None
    if parameter.explode and "array" in shape.types and (len(texts) > 1 or _kind(shape) == "array"):
        return [decode(text, plus=True) for text in texts]
    if len(texts) > 1:
        raise ValueError("stands there more than once")
    return _take_apart(parameter, shape, texts[0])


def elsewhere(parameter: Parameter, shape: Shape, text: str) -> Raw:
    """The parameter's text out of a path segment, a header or a cookie.

    Raises:
        ValueError: its escapes are broken, or its style's prefix is missing.
    """
    if parameter.where == "path" and parameter.style in ("label", "matrix"):
        return _prefixed(parameter, shape, text)
    return _take_apart(parameter, shape, text)


def _kind(shape: Shape) -> str:
    """``array`` or ``object`` where the schema lets nothing else through, ``scalar`` otherwise."""
    kinds = shape.types - {"null"}
    if len(kinds) == 1:
        kind = next(iter(kinds))
        return kind if kind in ("array", "object") else "scalar"
    return "scalar"


def _take_apart(parameter: Parameter, shape: Shape, text: str) -> Raw:
    kind = _kind(shape)
    if kind == "scalar":
        return _decode(parameter, text)
    pieces = _split(parameter, text) if text else []
    if kind == "array":
        return [_decode(parameter, piece) for piece in pieces]
    return _object(parameter, pieces)


def _split(parameter: Parameter, text: str) -> list[str]:
    if parameter.style == "spaceDelimited":
        return _SPACE.split(text)
    if parameter.style == "pipeDelimited":
        return _PIPE.split(text)
    if parameter.where == "header":
        return [piece.strip(" \t") for piece in text.split(",")]
    return text.split(",")


def _object(parameter: Parameter, pieces: Sequence[str]) -> dict[str, str | list[str]]:
    if parameter.explode:  # R=100,G=200
        pairs: Iterable[Sequence[str]] = [piece.partition("=")[::2] for piece in pieces]
    elif len(pieces) % 2:
        raise ValueError("is an object, and has a name without a value")
    else:  # R,100,G,200
        pairs = zip(pieces[::2], pieces[1::2], strict=True)
    return {_decode(parameter, name): _decode(parameter, value) for name, value in pairs}


def _prefixed(parameter: Parameter, shape: Shape, text: str) -> Raw:
    mark = "." if parameter.style == "label" else ";"
    if not text.startswith(mark):
        raise ValueError(f"must begin with {mark!r}: its style is {parameter.style}")
    pieces = text[1:].split(mark) if parameter.explode else [text[1:]]
    own = f"{parameter.name}="
    if mark == ";" and (_kind(shape) != "object" or not parameter.explode):
        pieces = [piece.removeprefix(own) for piece in pieces]
    return _take_apart(parameter, shape, ",".join(pieces))


def _deep(name: str, query: Query) -> dict[str, str | list[str]] | None:
    found: dict[str, str | list[str]] = {}
    for key, texts in query.items():
        if key.startswith(f"{name}[") and key.endswith("]"):
            values = [decode(text, plus=True) for text in texts]
            found[key[len(name) + 1 : -1]] = values[0] if len(values) == 1 else values
    return found or None


def _exploded(shape: Shape, query: Query) -> dict[str, str | list[str]] | None:
    found: dict[str, str | list[str]] = {}
    for key in shape.properties:
        if texts := query.get(key):
            values = [decode(text, plus=True) for text in texts]
            found[key] = values[0] if len(values) == 1 else values
    return found or None


def _decode(parameter: Parameter, text: str) -> str:
    """Escapes are an affair of URLs; a header's or cookie's text means itself."""
    return text if parameter.where == "header" else decode(text, plus=parameter.where == "query")
