"""Reads the parameters of an operation: its own, and those of its path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from worker.contract.document import fragment
from worker.contract.operation import (
    ANY_SINGLE_VALUE,
    FRAMING_HEADERS,
    JsonSchema,
    Parameter,
    ParameterPlace,
    flat_names,
    placeholders,
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
#: OAS: "If in is header and the name is Accept, Content-Type or Authorization, the parameter definition is ignored."
#: Those that frame the message are the transport's.
_IGNORED_HEADERS: Final = frozenset({"accept", "authorization"}) | FRAMING_HEADERS

Groups = Sequence[tuple[Any, str]]


def read(document: Any, path: str, groups: Groups) -> tuple[Parameter, ...]:
    """The parameters of one operation.

    Args:
        document: what references are followed in.
        path: its template. Names in it that nothing describes take any single value; what says that it is in the path,
            but is not, is left out.
        groups: lists of parameters, each with where its holder stands (``#/...``): the path's, then the operation's,
            which win.

    Raises:
        ContractError: a parameter is not defined as OpenAPI says; the message has the pointer.
    """
    in_path = placeholders(path)
    found: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
    for given, holder_at in groups:
        for value, at in _followed(document, given, holder_at):
            name, place = value["name"], value["in"]
            if not _is_ignored(name, place, in_path):
                found[name, place] = value, at
    missing = [name for name in in_path if (name, "path") not in found]
    keys = [*found, *((name, "path") for name in missing)]
    flats = iter(flat_names([(name, cast("ParameterPlace", place)) for name, place in keys]))
    described = [_parameter(value, at, next(flats)) for value, at in found.values()]
    return (*described, *(_undescribed(name, next(flats)) for name in missing))


def _followed(document: Any, given: Any, holder_at: str) -> Iterator[tuple[dict[str, Any], str]]:
    for index, one in enumerate(given if isinstance(given, list) else ()):
        here = f"{holder_at}{fragment('parameters', index)}"
        value, at = follow(document, one, here)
        if not isinstance(value, dict) or not _is_named(value):
            raise ContractError(f"{here}: a parameter needs a name, and in: path, query, header or cookie")
        if value["in"] in {"header", "cookie"} and not is_header_name(value["name"]):
            raise ContractError(f"{here}: {value['name']!r} is no legal name of a {value['in']}")
        yield value, at


def _is_named(value: Mapping[str, Any]) -> bool:
    name, place = value.get("name"), value.get("in")
    return isinstance(name, str) and bool(name) and isinstance(place, str) and place in _STYLES


def _is_ignored(name: str, place: str, in_path: Sequence[str]) -> bool:
    return (place == "header" and name.lower() in _IGNORED_HEADERS) or (place == "path" and name not in in_path)


def _parameter(value: Mapping[str, Any], at: str, flat: str) -> Parameter:
    place = value["in"]
    style = value.get("style", _STYLES[place][0])
    if style not in _STYLES[place]:
        raise ContractError(f"{at}: style {style!r} is not defined for {place}; it may be {', '.join(_STYLES[place])}")
    content = value.get("content")
    if isinstance(content, dict) and content:
        media = next(iter(content))
        schema = described_by(content[media], at, "content", media)
        style = "json"
    else:
        schema = described_by(value, at)
    return Parameter(
        name=value["name"],
        place=place,
        flat=flat,
        required=place == "path" or value.get("required") is True,
        schema=schema,
        style=style,
        explode=bool(value.get("explode", style == "form")),
        description=str(value.get("description", "")),
    )


def _undescribed(name: str, flat: str) -> Parameter:
    return Parameter(name, "path", flat, required=True, schema=ANY_SINGLE_VALUE, style="simple", explode=False)


def described_by(holder: Any, at: str, *tokens: str) -> JsonSchema:
    """The schema of a parameter or media type that stands at ``at`` and ``tokens``; anything goes where it has none."""
    return schema_at(at, *tokens, "schema") if isinstance(holder, dict) and "schema" in holder else True
