"""Reads the body of a Postman request: its media type, and the example that it is."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from worker.contract.media import essence, kind_of
from worker.contract.postman.collection import Pair, Request, pairs
from worker.contract.postman.infer import Unknown
from worker.contract.postman.variables import VARIABLE, Variables, replaced, stand_in, text

_LANGUAGES: Final = {
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "javascript": "application/javascript",
    "text": "text/plain",
}
#: What Postman sends besides JSON: strings, comments (which it takes out), variables.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|\{\{[^{}]*\}\}', re.DOTALL)
_HOLE: Final = "\ue000preflight:variable\ue000"  # private use: no text of a person
_MAX_DEPTH: Final = 60  # levels that are looked at; what lies deeper may be anything


class Sample(NamedTuple):
    """A body.

    Attributes:
        value: of a JSON body, with ``Unknown`` where a variable stands; ``Unknown.VALUE`` where it cannot be read.
        pairs: of a form; None for any other body.
        problem: why the example says nothing, or None.
    """

    media_type: str
    value: Any = Unknown.VALUE
    pairs: Sequence[Pair] | None = None
    problem: str | None = None


def body(request: Request) -> Sample | None:
    """The body of a request; None where it has none."""
    given = request.body
    if given is None:
        return None
    declared = _declared(request)
    match given.get("mode"):
        case "raw":
            return _raw(given, declared, request.variables)
        case "urlencoded":
            found = tuple(pairs(given.get("urlencoded")))
            return Sample("application/x-www-form-urlencoded", pairs=found) if found else None
        case "formdata":
            found = tuple(pairs(given.get("formdata")))
            return Sample("multipart/form-data", pairs=found) if found else None
        case "graphql":
            return _graphql(given.get("graphql"), request.variables)
        case "file":
            return Sample(declared or "application/octet-stream")
    return None


def _declared(request: Request) -> str:
    """What the request's own header says, without parameters: those are the transport's or a multipart's."""
    for header in request.headers:
        if header.enabled and header.name.lower() == "content-type":
            return essence(request.variables.resolved(header.value))
    return ""


def _raw(given: Mapping[str, Any], declared: str, variables: Variables) -> Sample | None:
    written = text(given.get("raw"))
    if not written.strip():
        return None
    options = given.get("options")
    raw = options.get("raw") if isinstance(options, dict) else None
    language = text(raw.get("language")) if isinstance(raw, dict) else ""
    looks_like_json = written.lstrip()[:1] in {"{", "["}
    media_type = declared or ("application/json" if looks_like_json else _LANGUAGES.get(language, "text/plain"))
    if "/" not in media_type or "*" in media_type or VARIABLE.search(media_type):
        media_type = "application/json" if looks_like_json else "text/plain"
    if kind_of(media_type) != "json":
        return Sample(media_type)
    try:
        return Sample(media_type, _decoded(written, variables))
    except orjson.JSONDecodeError as error:
        return Sample(media_type, problem=f"its body is no JSON ({error}), so any JSON is accepted")


def _decoded(written: str, variables: Variables) -> Any:
    """JSON in which variables may stand in the place of values, and inside of texts."""

    def token(match: re.Match[str]) -> str:
        found = match[0]
        if found.startswith("/"):
            return " "
        return found if found.startswith('"') else _in_place(found, variables)

    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        value = orjson.loads(_TOKEN.sub(token, written))
    return _known(value, variables, _MAX_DEPTH)


def _in_place(found: str, variables: Variables) -> str:
    """The JSON of a variable that stands where a value does: its own where that is JSON, else a hole."""
    sample = variables.sample(found.strip("{} \t\r\n"))
    given = variables.resolved(sample) if isinstance(sample, str) else orjson.dumps(sample).decode()
    try:
        orjson.loads(given)
    except orjson.JSONDecodeError:
        given = "null"
    return orjson.dumps(_HOLE).decode() if given == "null" else given


def _known(value: Any, variables: Variables, levels: int) -> Any:
    if not levels or value == _HOLE:
        return Unknown.VALUE
    match value:
        case str():
            if "{{" not in value:
                return Unknown.TEXT if value == "<string>" else stand_in(value)
            written = replaced(value, lambda name: _made_up(name, variables))
            return Unknown.TEXT if VARIABLE.search(written) else written
        case list():
            return [_known(item, variables, levels - 1) for item in value]
        case dict():
            return {variables.resolved(name): _known(item, variables, levels - 1) for name, item in value.items()}
    return value


def _made_up(name: str, variables: Variables) -> str:
    """What stands in a text where it has a variable."""
    sample = variables.sample(name)
    return f"{{{{{name}}}}}" if sample is None else variables.resolved(text(sample))


def _graphql(given: Any, variables: Variables) -> Sample | None:
    """``{"query": ..., "variables": ...}``, as GraphQL is sent over HTTP."""
    if not isinstance(given, dict) or not text(given.get("query")).strip():
        return None
    value: dict[str, Any] = {"query": text(given.get("query"))}
    if name := text(given.get("operationName")):
        value["operationName"] = name
    inner = given.get("variables")
    if isinstance(inner, str) and inner.strip():
        try:
            value["variables"] = _decoded(inner, variables)
        except orjson.JSONDecodeError as error:
            problem = f"its GraphQL variables are no JSON ({error}), so anything is accepted there"
            return Sample("application/json", value | {"variables": Unknown.VALUE}, problem=problem)
    elif isinstance(inner, dict):
        value["variables"] = _known(inner, variables, _MAX_DEPTH)
    return Sample("application/json", value)
