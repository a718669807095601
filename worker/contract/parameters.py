"""Reads the parameters of an operation: its own, and those of its path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from worker.contract.document import fragment
from worker.contract.kinds import types_of
from worker.contract.library import Library
from worker.contract.media import kind_of
from worker.contract.operation import (
    ANYTHING,
    FRAMING_HEADERS,
    JsonSchema,
    Note,
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
_NAMELESS: Final = "a parameter needs a name, and in: path, query, header or cookie"

Groups = Sequence[tuple[Any, str]]


class Described(NamedTuple):
    """The parameters of one operation, and what is wrong with those that it can do without."""

    parameters: tuple[Parameter, ...]
    notes: tuple[Note, ...]


def read(library: Library, path: str, groups: Groups) -> Described:
    """Read the parameters of one operation.

    A parameter that is not defined as OpenAPI says is left out and noted, where requests can do without it.

    Args:
        library: what references are followed in.
        path: its template. Names in it that nothing describes take any single value; what says that it is in the path,
            but is not, is left out.
        groups: lists of parameters, each with where its holder stands (``URI#/...``): the path's, then the operation's,
            which win.

    Raises:
        ContractError: a parameter that is required is not defined as OpenAPI says; the message has the pointer.
    """
    in_path = placeholders(path)
    notes: list[Note] = []
    found = _named(library, groups, in_path, notes)
    styles: dict[_Key, tuple[JsonSchema, str]] = {}
    for key, (value, at) in found.items():
        try:
            styles[key] = _written(library, value, at, notes)
        except ContractError as error:
            _leave_out(library, value, at, str(error), notes)
    missing = [name for name in in_path if (name, "path") not in styles]
    keys = [*styles, *((name, "path") for name in missing)]
    flats = iter(flat_names([(name, cast("ParameterPlace", place)) for name, place in keys]))
    described = [_parameter(found[key][0], next(flats), *written) for key, written in styles.items()]
    return Described((*described, *(undescribed(name, next(flats)) for name in missing)), tuple(notes))


_Key = tuple[str, str]
_Place = tuple[dict[str, Any], str]


def _named(library: Library, groups: Groups, in_path: Sequence[str], notes: list[Note]) -> dict[_Key, _Place]:
    """Parameters by name and place, each with where it stands; later ones win."""
    found: dict[_Key, _Place] = {}
    for given, holder_at in groups:
        for value, at in _followed(library, given, holder_at):
            if (wrong := _wrong_name(value.get("name"), value.get("in"))) is not None:
                _leave_out(library, value, at, wrong, notes)
            elif not _is_ignored(value["name"], value["in"], in_path):
                found[value["name"], value["in"]] = value, at
    return found


def _followed(library: Library, given: Any, holder_at: str) -> Iterator[tuple[dict[str, Any], str]]:
    for index, one in enumerate(given if isinstance(given, list) else ()):
        here = f"{holder_at}{fragment('parameters', index)}"
        value, at = follow(library, one, here)
        if not isinstance(value, dict):
            raise ContractError(f"{library.shown(here)}: {_NAMELESS}")
        yield value, at


def _leave_out(library: Library, value: Mapping[str, Any], at: str, reason: str, notes: list[Note]) -> None:
    if value.get("required") is True or value.get("in") == "path":
        raise ContractError(f"{library.shown(at)}: {reason}")
    notes.append(Note(at, f"{reason}; until then it cannot be sent"))


def _wrong_name(name: Any, place: Any) -> str | None:
    if not (isinstance(name, str) and name and isinstance(place, str) and place in _STYLES):
        return _NAMELESS
    if place in {"header", "cookie"} and not is_header_name(name):
        return f"{name!r} is no legal name of a {place}"
    return None


def _is_ignored(name: str, place: str, in_path: Sequence[str]) -> bool:
    return (place == "header" and name.lower() in _IGNORED_HEADERS) or (place == "path" and name not in in_path)


def _parameter(value: Mapping[str, Any], flat: str, schema: JsonSchema, style: str) -> Parameter:
    place = value["in"]
    return Parameter(
        name=value["name"],
        place=place,
        flat=flat,
        required=place == "path" or value.get("required") is True,
        schema=schema,
        style=style,
        explode=_explodes(value),
        description=str(value.get("description", "")),
        allow_reserved=place == "query" and value.get("allowReserved") is True,
        deprecated=value.get("deprecated") is True,
    )


def _explodes(value: Mapping[str, Any]) -> bool:
    return bool(value.get("explode", value.get("style", _STYLES[value["in"]][0]) == "form"))


def _written(library: Library, value: Mapping[str, Any], at: str, notes: list[Note]) -> tuple[JsonSchema, str]:
    """The schema of a parameter and its style, where OpenAPI defines it for what its values are ("Style Examples")."""
    content = value.get("content")
    if isinstance(content, dict) and content:
        media = next(iter(content))
        style = _CONTENT_STYLES.get(kind_of(media))
        if style is None:
            raise ContractError(f"a parameter cannot be {media}; only JSON and text can be written there")
        return described_by(content[media], at, "content", media), style
    schema, allowed = described_by(value, at), _STYLES[value["in"]]
    style = value.get("style", allowed[0])
    if style not in allowed:
        raise ContractError(f"style {style!r} is not defined for {value['in']}; it may be {', '.join(allowed)}")
    if style in _FOR_MANY:
        style = _of_many(value, style, types_of(library, schema), at, notes)
    return schema, style


def _of_many(value: Mapping[str, Any], style: str, types: frozenset[str], at: str, notes: list[Note]) -> str:
    """A style that is defined for lists, or objects, only."""
    single = types and types <= _SINGLE
    if style == "deepObject":
        if single:
            notes.append(Note(at, "style 'deepObject' is not defined for a single value: it is written as name=value"))
        elif "array" in types:
            notes.append(Note(at, "style 'deepObject' is not defined for a list: it is written as name[0]=value"))
        return "form" if single else style
    if single:
        raise ContractError(f"style {style!r} is not defined for a single value")
    if _explodes(value):
        raise ContractError(f"style {style!r} is not defined with explode; take one of them out")
    return style


def described_by(holder: Any, at: str, *tokens: str) -> JsonSchema:
    """The schema of a parameter or media type that stands at ``at`` and ``tokens``; anything goes where it has none."""
    return schema_at(at, *tokens, "schema") if isinstance(holder, dict) and "schema" in holder else ANYTHING
