"""Takes apart the text of a parameter by its style, before its percent-escapes are decoded."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from worker.sandbox.operation import Parameter
from worker.sandbox.received import Received
from worker.sandbox.schemas import Kind, Shape
from worker.sandbox.values import Raw, decode, whole

_SPACE: Final = re.compile(r"%20|\+")
_PIPE: Final = re.compile(r"\||%7[Cc]")
_BRACKETS: Final = re.compile(r"(?:\[[^\[\]]*\])+")

#: ``v[a][b]...`` deeper than this is nobody's object.
_DEEPEST: Final = 64

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a request in which parameters stand.

    Attributes:
        path: the raw texts of the path's names.
        query: raw texts by decoded name.
        rest: names in the query that no parameter claims; they belong to an exploded object, where there is one.
    """

    request: Received
    path: Mapping[str, str]
    query: Query
    rest: Sequence[str] = field(default=())


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


def read(kind: Kind, parameter: Parameter, shape: Shape, parts: Parts) -> Raw | None:
    """The parameter's text, read as such a kind of value; None where the request has none.

    Raises:
        ValueError: it cannot be read so: a style's mark is missing, an escape is broken, it stands there twice.
    """
    match parameter.where:
        case "query":
            return in_query(kind, parameter, shape, parts)
        case "cookie":
            return _in_cookie(kind, parameter, shape, parts.request)
        case "header":
            text = parts.request.headers.get(parameter.name)
            return None if text is None else _apart(kind, parameter, whole(text))
        case "path":
            return _in_path(kind, parameter, parts.path[parameter.name])


def in_query(kind: Kind, parameter: Parameter, shape: Shape, parts: Parts) -> Raw | None:
    """The parameter's text out of a query, or a form."""
    if parameter.style == "deepObject":
        return _deep(parameter.name, parts.query)
    if kind == "object" and parameter.explode:
        return _exploded(shape, parts.query, () if shape.closed else parts.rest)
    texts = parts.query.get(parameter.name)
    return None if texts is None else _listed(kind, parameter, texts)


def _in_cookie(kind: Kind, parameter: Parameter, shape: Shape, request: Received) -> Raw | None:
    """``v=a&v=b`` in one cookie is what the form style makes of a list; ``v=a; v=b`` is what cookies do."""
    if parameter.explode and kind != "scalar":
        pieces = query_of("&".join(request.cookies))
        return _exploded(shape, pieces, ()) if kind == "object" else _several(parameter, pieces.get(parameter.name))
    texts = [text for name, _, text in (cookie.partition("=") for cookie in request.cookies) if name == parameter.name]
    return _listed(kind, parameter, texts) if texts else None


def _listed(kind: Kind, parameter: Parameter, texts: Sequence[str]) -> Raw | None:
    if kind == "array" and parameter.explode:
        return _several(parameter, texts)
    if len(texts) > 1:
        raise ValueError("stands there more than once")
    return _apart(kind, parameter, texts[0])


def _several(parameter: Parameter, texts: Sequence[str] | None) -> Raw | None:
    return None if texts is None else [_decode(parameter, text) for text in texts]


def _apart(kind: Kind, parameter: Parameter, text: str) -> Raw:
    """A value in one piece, whose own pieces the style's delimiter tells apart."""
    if kind == "scalar":
        return _decode(parameter, text)
    pieces = _split(parameter, text) if text else []
    if kind == "array":
        return [_decode(parameter, piece) for piece in pieces]
    return _object(parameter, pieces, explode=parameter.explode)


def _split(parameter: Parameter, text: str) -> list[str]:
    if parameter.style == "spaceDelimited":
        return _SPACE.split(text)
    if parameter.style == "pipeDelimited":
        return _PIPE.split(text)
    if parameter.where == "header":
        return [piece.strip(" \t") for piece in text.split(",")]
    return text.split(",")


def _object(parameter: Parameter, pieces: Sequence[str], *, explode: bool) -> dict[str, Raw]:
    if explode:  # R=100,G=200
        if not all("=" in piece for piece in pieces):
            raise ValueError("is an object, and has a name without a value: write name=value")
        pairs: Iterable[Sequence[str]] = [piece.partition("=")[::2] for piece in pieces]
    elif len(pieces) % 2:
        raise ValueError("is an object, and has a name without a value")
    else:  # R,100,G,200
        pairs = zip(pieces[::2], pieces[1::2], strict=True)
    return {_decode(parameter, name): _decode(parameter, value) for name, value in pairs}


def _in_path(kind: Kind, parameter: Parameter, text: str) -> Raw:
    if parameter.style == "simple":
        return _apart(kind, parameter, text)
    mark = "." if parameter.style == "label" else ";"
    if not text.startswith(mark):
        raise ValueError(f"must begin with {mark!r}: its style is {parameter.style}")
    text = text[1:]
    exploded = parameter.explode and kind != "scalar"
    pieces = text.split(mark) if exploded else [text]
    if mark == ";" and not (exploded and kind == "object"):
        pieces = [_own(parameter, piece) for piece in pieces]
    if not exploded:
        return _apart(kind, parameter, pieces[0])
    if kind == "array":
        return [_decode(parameter, piece) for piece in pieces]
    return _object(parameter, pieces, explode=True)


def _own(parameter: Parameter, piece: str) -> str:
    """``v=1`` -> ``1`` and ``v`` -> an empty text."""
    name, _, text = piece.partition("=")
    if decode(name) != parameter.name:
        raise ValueError(f"must be written {parameter.name}=...: its style is matrix")
    return text


def _deep(name: str, query: Query) -> Raw | None:
    """``v[a][b]=1&v[c]=2`` -> ``{"a": {"b": "1"}, "c": "2"}``; indexes stay keys until it is known what is wanted."""
    root: dict[str, Raw] = {}
    for key, texts in query.items():
        if key.startswith(f"{name}["):
            *steps, last = _steps(key, key[len(name) :])
            node = _descend(root, key, steps)
            if last in node:
                raise ValueError(f"{key!r} has a value of its own and others inside of it")
            values: list[Raw] = [decode(text, plus=True) for text in texts]
            node[last] = values if len(values) > 1 or not last else values[0]
    return root or None


def _steps(key: str, brackets: str) -> list[str]:
    steps = brackets[1:-1].split("][")
    if not _BRACKETS.fullmatch(brackets) or len(steps) > _DEEPEST:
        raise ValueError(f"{key[:200]!r} has brackets that do not match, or too many")
    return steps


def _descend(node: dict[str, Raw], key: str, steps: Sequence[str]) -> dict[str, Raw]:
    """The object at the end of the steps; those on the way are made."""
    for step in steps:
        match node.setdefault(step, {}):
            case dict() as inner:
                node = inner
            case _:
                raise ValueError(f"{key!r} is inside of what has a value of its own")
    return node


def _exploded(shape: Shape, query: Query, rest: Sequence[str]) -> Raw | None:
    found: dict[str, Raw] = {}
    for name in (*shape.properties, *rest):
        if texts := query.get(name):
            values: list[Raw] = [decode(text, plus=True) for text in texts]
            found[name] = values if len(values) > 1 else values[0]
    return found or None


def _decode(parameter: Parameter, text: str) -> str:
    """Escapes are an affair of URLs; a header's text means itself."""
    return text if parameter.where == "header" else decode(text, plus=parameter.where == "query")
