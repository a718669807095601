"""Makes one OpenAPI operation out of all requests of a collection that call the same method and path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from worker.contract.media import kind_of
from worker.contract.operation import FRAMING_HEADERS
from worker.contract.postman.auth import Scheme
from worker.contract.postman.body import Sample
from worker.contract.postman.collection import Request
from worker.contract.postman.fields import BINARY, Field, example, fields, typed
from worker.contract.postman.infer import Unknown, infer, infer_text
from worker.contract.postman.secrets import is_suspect
from worker.contract.postman.url import Target, placeholders
from worker.redaction import redact, redact_text

#: Headers that say nothing about an operation: the transport's, the client's, the credential's, Postman's own.
_NOT_PARAMETERS: Final = FRAMING_HEADERS | {
    "accept",
    "accept-encoding",
    "authorization",
    "cookie",
    "postman-token",
    "user-agent",
}
#: One key per job, which the worker itself makes where the config names the header.
IDEMPOTENCY_HEADERS: Final = frozenset({"idempotency-key", "x-idempotency-key"})


class Member(NamedTuple):
    """One request: where it goes, what it authenticates with, and what its body is an example of."""

    request: Request
    target: Target
    scheme: Scheme | None
    sample: Sample | None


def operation(name: str, path: str, members: Sequence[Member], schemes: Sequence[str]) -> dict[str, Any]:
    """The Operation Object.

    Args:
        name: its ``operationId``.
        path: the template that it stands under; the members' own may have other names in the same places.
        members: at least one; the first gives it its words.
        schemes: names of the security schemes that serve it; "" for none.
    """
    first = members[0].request
    told = next((one.request.description for one in members if one.request.description), "")
    made: dict[str, Any] = {"operationId": name, "summary": redact_text(first.name)}
    if told:
        made["description"] = redact_text(told)
    if first.folders:
        made["tags"] = [" / ".join(first.folders)]
    if parameters := [*_path(path, members), *_query(members), *_headers(members)]:
        made["parameters"] = parameters
    samples = [one.sample for one in members if one.sample]
    if samples:
        content = {kind: _content(kind, members) for kind in dict.fromkeys(sample.media_type for sample in samples)}
        made["requestBody"] = {"required": len(samples) == len(members), "content": content}
    made["responses"] = _responses(members)
    if set(schemes) != {""}:
        made["security"] = [{scheme: []} if scheme else {} for scheme in schemes]
    return made


def _path(path: str, members: Sequence[Member]) -> Iterator[dict[str, Any]]:
    for index, name in enumerate(placeholders(path)):
        if name in placeholders(path)[:index]:
            continue
        theirs = [(one.target, placeholders(one.target.path)[index]) for one in members]
        values = [target.values.get(their, Unknown.TEXT) for target, their in theirs]
        descriptions = (target.descriptions.get(their, "") for target, their in theirs)
        schema = infer_text(values)
        shown = example(name, values)
        found = Field(
            name,
            schema,
            required=True,
            description=redact_text(next(filter(None, descriptions), "")),
            example=None if shown is None else typed(schema, shown),
            content_type="",
        )
        yield _parameter(found, "path")


def _query(members: Sequence[Member]) -> Iterator[dict[str, Any]]:
    for one in fields([(member.target.query, member.request.variables) for member in members]):
        if one.name not in _credentials(members, "query"):
            yield _parameter(one, "query")


def _headers(members: Sequence[Member]) -> Iterator[dict[str, Any]]:
    left_out = _NOT_PARAMETERS | IDEMPOTENCY_HEADERS | {name.lower() for name in _credentials(members, "header")}
    for one in fields([(member.request.headers, member.request.variables) for member in members], folded=True):
        if one.name.lower() not in left_out:
            yield _parameter(one, "header")


def _credentials(members: Sequence[Member], place: str) -> set[str]:
    """The names under which members send their credential at a place."""
    found = (one.scheme.definition for one in members if one.scheme)
    return {str(definition["name"]) for definition in found if definition.get("in") == place}


def _parameter(one: Field, place: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": one.name, "in": place, "required": one.required}
    if one.description:
        made["description"] = one.description
    made["schema"] = one.schema
    if one.example is not None:
        made["example"] = one.example
    return made


def _content(media_type: str, members: Sequence[Member]) -> dict[str, Any]:
    """The Media Type Object of all bodies of one type."""
    found = [(one.sample, one.request) for one in members if one.sample and one.sample.media_type == media_type]
    match kind_of(media_type):
        case "json":
            return _json([sample for sample, _ in found])
        case "form" | "multipart":
            return _form(fields([(sample.pairs or (), request.variables) for sample, request in found]))
        case "text":
            return {"schema": {"type": "string"}}
        case "binary":
            return {"schema": dict(BINARY)}


def _json(samples: Sequence[Sample]) -> dict[str, Any]:
    made: dict[str, Any] = {"schema": infer([sample.value for sample in samples])}
    shown = next((one.value for one in samples if _is_open(one.value) and redact(one.value) == one.value), None)
    return made if shown is None else made | {"example": shown}


def _is_open(value: Any) -> bool:
    """Whether an example may be written: no variable is left in it, and nothing in it has the name of a secret."""
    match value:
        case Unknown():
            return False
        case list():
            return all(map(_is_open, value))
        case Mapping():
            return not any(map(is_suspect, value)) and all(map(_is_open, value.values()))
    return True


def _form(found: Sequence[Field]) -> dict[str, Any]:
    properties = {
        one.name: {**one.schema, **({"description": one.description} if one.description else {})} for one in found
    }
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required := [one.name for one in found if one.required]:
        schema["required"] = required
    encoding = {one.name: {"contentType": one.content_type} for one in found if one.content_type}
    return {"schema": schema, "encoding": encoding} if encoding else {"schema": schema}


def _responses(members: Sequence[Member]) -> dict[str, Any]:
    """The statuses of the saved answers; any success where none of them is one."""
    statuses = sorted({status for one in members for status in one.request.statuses})
    made: dict[str, Any] = {str(status): {"description": "as saved in the collection"} for status in statuses}
    if not any(200 <= status <= 299 for status in statuses):  # noqa: PLR2004 - the class of success
        made["2XX"] = {"description": "any success: the collection has none saved"}
    return made
