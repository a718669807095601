"""Generates jobs for an operation: such as its schemas describe, and such with one thing wrong."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from tests.conformance.agreement import breaking
from tests.conformance.agreement.document import followed
from tests.conformance.agreement.plain import Plain, Reader
from tests.conformance.agreement.values import values
from worker.contract.operation import Operation, Parameter

#: Of parameters that say no more than that they are text: no server takes an empty one, and no header a line break.
_PLAIN_TEXT: Final = "^[!-~]([ -~]{0,10}[!-~])?$"


@dataclass(frozen=True)
class Inputs:
    """The schemas of all that an operation takes.

    Attributes:
        params: by their names in ``job.params``.
        required: names of those that have to be there.
        in_path: names of those without which there is no URL.
        body: None where it takes none.
        body_is_json: its values keep their types on the wire.
    """

    params: Mapping[str, Plain]
    required: frozenset[str]
    in_path: frozenset[str]
    body: Plain | None = None
    body_required: bool = False
    body_is_json: bool = True


def inputs(document: dict[str, Any], operation: Operation) -> Inputs:
    """What an operation takes, as its document says; of bodies the media type that is sent by default."""
    item = document["paths"][operation.path]
    found = item[operation.method.lower()]
    described = [followed(document, one) for one in (*item["parameters"], *(found.get("parameters") or ()))]
    by_place = {(one["in"], one["name"]): one for one in described}
    reader = Reader(document)
    params = {one.flat: _schema(reader, one, by_place.get((one.place, one.name), {})) for one in operation.parameters}
    required = frozenset(one.flat for one in operation.parameters if one.required)
    in_path = frozenset(one.flat for one in operation.parameters if one.place == "path")
    if operation.body is None:
        return Inputs(params, required, in_path)
    sent = operation.body.contents[0]
    media = followed(document, found["requestBody"])["content"][sent.media_type]
    body = Reader(document, files=sent.kind == "multipart").plain(media.get("schema", {}))
    if sent.kind in {"text", "binary"} and body.get("type") == "string":
        body = {"minLength": 1, **body}  # an empty one is sent as no body at all
    return Inputs(params, required, in_path, body, operation.body.required, sent.kind == "json")


def _schema(reader: Reader, parameter: Parameter, described: Mapping[str, Any]) -> Plain:
    held = next(iter((described.get("content") or {"": described}).values()))
    schema = reader.plain(held.get("schema", {"type": "string"}))
    if schema == {"type": "string"} or (parameter.place == "header" and schema.get("type") == "string"):
        schema = {"pattern": _PLAIN_TEXT, **schema}
    return schema


def jobs(given: Inputs) -> st.SearchStrategy[dict[str, Any]]:
    """Jobs as the schemas describe them, and such with one thing changed so that it should not be right any more."""
    made = {name: values(schema, "ascii") for name, schema in given.params.items()}
    job = {"params": _object(made, given.required)}
    if given.body is not None:
        job["body"] = values(given.body)
    good = _object(job, {"params", "body"} if given.body_required else {"params"})
    return good | _broken(good, given)


@st.composite
def _broken(draw: st.DrawFn, good: st.SearchStrategy[dict[str, Any]], given: Inputs) -> dict[str, Any]:
    job = draw(good)
    changes = list(breaking.changes(given, job))
    return breaking.changed(job, draw(st.sampled_from(changes))) if changes else job


def _object(made: Mapping[str, st.SearchStrategy[Any]], required: Collection[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: one for name, one in made.items() if name in required},
        optional={name: one for name, one in made.items() if name not in required},
    )
