"""Reads the parameters of an operation: its own, and those of its path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from worker.contract.document import fragment
from worker.contract.kinds import types_of
from worker.contract.library import Library
from worker.contract.media import kind_of
from worker.contract.operation import (
    ANYTHING,
    FRAMING_HEADERS,
    JsonSchema,
    Parameter,
    ParameterPlace,
    flat_names,
    placeholders,
    undescribed,
)
from worker.contract.reference import follow, schema_at
from worker.contract.serialise import is_header_name
from worker.errors import ContractError

_STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
#: Styles that are defined for lists and objects only; ``deepObject`` is for objects, and read for lists by custom.
_FOR_MANY: Final = frozenset({"spaceDelimited", "pipeDelimited", "deepObject"})
_SINGLE: Final = frozenset({"string", "number", "integer", "boolean", "null"})
#: OAS: "If in is header and the name is Accept, Content-Type or Authorization, the parameter definition is ignored."
#: Those that frame the message are the transport's.
_IGNORED_HEADERS: Final = frozenset({"accept", "authorization"}) | FRAMING_HEADERS
#: What the text of a ``content`` parameter may be, by the kind of its media type.
_CONTENT_STYLES: Final = {"json": "json", "text": "text", "form": "text"}

Groups = Sequence[tuple[Any, str]]


def read(library: Library, path: str, groups: Groups) -> tuple[Parameter, ...]:
    """The parameters of one operation.

    Args:
        library: what references are followed in.
        path: its template. Names in it that nothing describes take any single value; what says that it is in the path,
            but is not, is left out.
        groups: lists of parameters, each with where its holder stands (``URI#/...``): the path's, then the operation's,
            which win.

    Raises:
        ContractError: a parameter is not defined as OpenAPI says; the message has the pointer.
    """
    in_path = placeholders(path)
    found: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
    for given, holder_at in groups:
        for value, at in _followed(library, given, holder_at):
            name, place = value["name"], value["in"]
            if not _is_ignored(name, place, in_path):
                found[name, place] = value, at
    missing = [name for name in in_path if (name, "path") not in found]
    keys = [*found, *((name, "path") for name in missing)]
    flats = iter(flat_names([(name, cast("ParameterPlace", place)) for name, place in keys]))
    described = [_parameter(library, value, at, next(flats)) for value, at in found.values()]
    return (*described, *(undescribed(name, next(flats)) for name in missing))


def _followed(library: Library, given: Any, holder_at: str) -> Iterator[tuple[dict[str, Any], str]]:
    for index, one in enumerate(given if isinstance(given, list) else ()):
        here = f"{holder_at}{fragment('parameters', index)}"
        value, at = follow(library, one, here)
        if not isinstance(value, dict) or not _is_named(value):
            raise ContractError(
                f"{library.shown(here)}: a parameter needs a name, and in: path, query, header or cookie"
            )
        if value["in"] in {"header", "cookie"} and not is_header_name(value["name"]):
            raise ContractError(f"{library.shown(here)}: {value['name']!r} is no legal name of a {value['in']}")
        yield value, at


def _is_named(value: Mapping[str, Any]) -> bool:
    name, place = value.get("name"), value.get("in")
    return isinstance(name, str) and bool(name) and isinstance(place, str) and place in _STYLES


def _is_ignored(name: str, place: str, in_path: Sequence[str]) -> bool:
    return (place == "header" and name.lower() in _IGNORED_HEADERS) or (place == "path" and name not in in_path)


def _parameter(library: Library, value: Mapping[str, Any], at: str, flat: str) -> Parameter:
    place = value["in"]
    explode = bool(value.get("explode", value.get("style", _STYLES[place][0]) == "form"))
    content = value.get("content")
    if isinstance(content, dict) and content:
        schema, style = _content(library, content, at)
    else:
        schema = described_by(value, at)
        style = _style(library, value, at, schema, explode=explode)
    return Parameter(
        name=value["name"],
        place=place,
        flat=flat,
        required=place == "path" or value.get("required") is True,
        schema=schema,
        style=style,
        explode=explode,
        description=str(value.get("description", "")),
        allow_reserved=place == "query" and value.get("allowReserved") is True,
        deprecated=value.get("deprecated") is True,
    )


def _content(library: Library, content: Mapping[str, Any], at: str) -> tuple[JsonSchema, str]:
    """The schema of a parameter that has content, and how its text is made."""
    media = next(iter(content))
    style = _CONTENT_STYLES.get(kind_of(media))
    if style is None:
        raise ContractError(f"{library.shown(at)}: a parameter cannot be {media}; only JSON and text are written there")
    return described_by(content[media], at, "content", media), style


def _style(library: Library, value: Mapping[str, Any], at: str, schema: JsonSchema, *, explode: bool) -> str:
    """The style of a parameter, where OpenAPI defines it for what its values are ("Style Examples")."""
    place = value["in"]
    style = value.get("style", _STYLES[place][0])
    if style not in _STYLES[place]:
        allowed = ", ".join(_STYLES[place])
        raise ContractError(f"{library.shown(at)}: style {style!r} is not defined for {place}; it may be {allowed}")
    if style in _FOR_MANY:
        types = types_of(library, schema)
        if types and types <= _SINGLE:
            raise ContractError(f"{library.shown(at)}: style {style!r} is not defined for a single value")
        if explode and style != "deepObject":
            raise ContractError(
                f"{library.shown(at)}: style {style!r} is not defined with explode; take one of them out"
            )
    return str(style)


def described_by(holder: Any, at: str, *tokens: str) -> JsonSchema:
    """The schema of a parameter or media type that stands at ``at`` and ``tokens``; anything goes where it has none."""
    return schema_at(at, *tokens, "schema") if isinstance(holder, dict) and "schema" in holder else ANYTHING
