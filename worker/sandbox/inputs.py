"""Reads parameters and bodies out of an OpenAPI document."""

from collections.abc import Iterator
from typing import Any, Final

from worker.errors import ContractError
from worker.sandbox import media
from worker.sandbox.document import Document, Place
from worker.sandbox.operation import Body, Encoding, Media, Parameter, Where
from worker.sandbox.routes import names

#: The styles of each place, its default first.
_STYLES: Final[dict[Where, tuple[str, ...]]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}

#: Headers that belong to HTTP itself; as parameters OpenAPI says to ignore them.
_NOT_PARAMETERS: Final = frozenset({"accept", "content-type", "authorization"})


def parameters(document: Document, at: Place, path: str) -> Iterator[tuple[tuple[str, str], Parameter]]:
    """The parameters that stand at a path item or an operation, each under its place and name.

    Raises:
        ContractError: a reference leads nowhere, or one is not usable; names the place.
    """
    template = names(path)
    for number in range(len(listing(document, at.child("parameters")))):
        parameter = _parameter(document, document.follow(at.child("parameters", str(number))))
        ignored = parameter.where == "header" and parameter.name in _NOT_PARAMETERS
        stray = parameter.where == "path" and parameter.name not in template
        if not (ignored or stray):
            yield (parameter.where, parameter.name), parameter


def _parameter(document: Document, at: Place) -> Parameter:
    declared = mapping(document, at)
    name, where = declared.get("name"), declared.get("in")
    if not isinstance(name, str) or where not in _STYLES:
        raise ContractError(f"{at.uri} has no usable `name` and `in`: give both")
    return _described(document, at, name, where)


def _described(document: Document, at: Place, name: str, where: Where) -> Parameter:
    """A parameter, or a header, by what stands at ``at``."""
    declared = mapping(document, at)
    content = next(iter(mapping(document, at.child("content"))), None)
    style = declared.get("style", _STYLES[where][0])
    if style not in _STYLES[where] and content is None:
        raise ContractError(f"{at.uri} has the style {style!r}: in the {where} it is {', '.join(_STYLES[where])}")
    holder = at if content is None else at.child("content", content)
    return Parameter(
        name=name.lower() if where == "header" else name,
        where=where,
        required=declared.get("required") is True or where == "path",
        style=style if content is None else _STYLES[where][0],
        explode=bool(declared.get("explode", style == "form")),
        schema=_schema(document, holder),
        media="" if content is None else media.parse(content)[0],
        empty=declared.get("allowEmptyValue") is True and where == "query",
    )


def body(document: Document, at: Place) -> Body:
    """What stands at ``requestBody``.

    Raises:
        ContractError: a reference leads nowhere, or something is not usable; names the place.
    """
    at = document.follow(at)
    content = at.child("content")
    return Body(
        media=tuple(_media(document, content.child(kind), kind) for kind in mapping(document, content)),
        required=mapping(document, at).get("required") is True,
    )


def _media(document: Document, at: Place, written: str) -> Media:
    kind, said = media.parse(written)
    encoding = at.child("encoding")
    return Media(
        range=kind,
        parameters=frozenset((name, value.lower()) for name, value in said.items() if name != "charset"),
        schema=_schema(document, at),
        encoding={name: _encoding(document, encoding.child(name)) for name in mapping(document, encoding)},
    )


def _encoding(document: Document, at: Place) -> Encoding:
    declared = mapping(document, at)
    styled = not declared.keys().isdisjoint(("style", "explode", "allowReserved"))
    style = declared.get("style", "form") if styled else None
    if style is not None and style not in _STYLES["query"]:
        raise ContractError(f"{at.uri} has the style {style!r}: in a form it is {', '.join(_STYLES['query'])}")
    listed = str(declared.get("contentType", "")).split(",")
    headers = at.child("headers")
    return Encoding(
        style=style,
        explode=bool(declared.get("explode", style == "form")),
        types=tuple(kind for text in listed if (kind := media.parse(text)[0])),
        headers=tuple(
            _described(document, document.follow(headers.child(name)), name, "header")
            for name in mapping(document, headers)
            if name.lower() != "content-type"
        ),
    )


def _schema(document: Document, at: Place) -> Place | None:
    return at.child("schema") if "schema" in mapping(document, at) else None


def mapping(document: Document, at: Place) -> dict[str, Any]:
    """The object that stands there, or an empty one where nothing does.

    Raises:
        ContractError: something else does.
    """
    value = document.find(at)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ContractError(f"{at.uri} is no object")
    return value


def listing(document: Document, at: Place) -> list[Any]:
    """The array that stands there, or an empty one where nothing does.

    Raises:
        ContractError: something else does.
    """
    value = document.find(at)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ContractError(f"{at.uri} is no array")
    return value
