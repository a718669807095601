"""The differences between openapi-core's verdicts and ours that have a reason: one line each, and how to know them.

A job on which the two differ is explained once each complaint of the one who refuses it is. Whatever nothing here
explains is a mistake, ours or openapi-core's, and fails the test.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from openapi_schema_validator import OAS30WriteValidator

from tests.conformance.agreement.comparison import Case
from tests.conformance.agreement.document import followed, inside
from tests.conformance.agreement.oracle import Complaint
from worker.contract.media import Kind, kind_of
from worker.outcome import Fault

_FORMATS_THEY_KNOW: Final = frozenset(OAS30WriteValidator.FORMAT_CHECKER.checkers)


class Theirs(NamedTuple):
    """Why openapi-core refuses what we admit."""

    name: str
    reason: str
    holds: Callable[[Case, Complaint], bool]


class Ours(NamedTuple):
    """Why we refuse what openapi-core accepts."""

    name: str
    reason: str
    holds: Callable[[Case, Fault], bool]


ONLY_THEIRS: Final = (
    Theirs(
        "empty query value",
        "OAS 3.0.4 leaves to implementations what allowEmptyValue means beside a schema: for us, the schema decides",
        lambda _, told: told.kind == "EmptyQueryParameterValue",
    ),
    Theirs(
        "ignored header",
        "OAS: parameters named Accept, Content-Type and Authorization are ignored; openapi-core looks for them",
        lambda _, told: told.place == "header" and told.name.lower() in {"accept", "authorization", "content-type"},
    ),
    Theirs(
        "default",
        "openapi-core holds a missing parameter's default against its schema; no request has it",
        lambda case, told: told.place != "body" and not _is_sent(case, told) and "default" in _schema(case, told),
    ),
    Theirs(
        "comma",
        "RFC 6570: a comma inside of an item is encoded; openapi-core decodes before it splits",
        lambda case, told: told.place == "query" and "%2C" in case.request.url and isinstance(told.value, list),
    ),
    Theirs(
        "typed parts",
        "openapi-core takes every part of a multipart body for text, also where the schema has numbers or lists",
        lambda case, told: told.place == "body" and told.rule == "type" and _kind(case) == "multipart",
    ),
    Theirs(
        "unread media type",
        "openapi-core has bytes where it knows no reader for a media type or range, and bytes are of no type",
        lambda _, told: told.place == "body" and told.rule == "type" and isinstance(told.value, bytes),
    ),
    Theirs(
        "broken XML",
        "XML is sent as the text that the job gives; only openapi-core parses it",
        lambda case, told: told.kind == "MediaTypeDeserializeError" and "xml" in case.request.headers["Content-Type"],
    ),
    Theirs(
        "no bytes",
        "text may be empty, and is a body of no bytes then, which openapi-core takes for none at all",
        lambda case, told: told.kind == "MissingRequiredRequestBody" and case.request.body == b"",
    ),
    Theirs(
        "values inside of values",
        "OAS does not say how a list or an object inside of another is written as text; we write JSON",
        lambda _, told: told.kind == "CastError" and told.detail.count("{") + told.detail.count("[") > 0,
    ),
)

ONLY_OURS: Final = (
    Ours(
        "default",
        "openapi-core fills in the default of a parameter, or form's member, that is required; servers need not",
        lambda case, fault: fault.rule == "required" and _has_default(case, fault),
    ),
    Ours(
        "unread media type",
        "openapi-core knows no reader for it, and so does not look at what the schema says of objects",
        lambda case, fault: fault.place == "body" and _kind(case) == "binary",
    ),
    Ours(
        "unknown format",
        "openapi-core checks formats such as uri only where further packages are installed",
        lambda case, fault: fault.rule == "format" and bool(_formats(case) - _FORMATS_THEY_KNOW),
    ),
    Ours(
        "unknown member of a form",
        "openapi-core reads of a form only what the schema names, so that it never sees what is forbidden",
        lambda case, fault: fault.rule == "additionalProperties" and _kind(case) in {"form", "multipart"},
    ),
    Ours(
        "no bytes",
        "a form without members has no bytes, which openapi-core takes for no body at all",
        lambda case, fault: fault.place == "body" and not case.request.body,
    ),
    Ours(
        "pattern",
        "openapi-core reads patterns as Python's, where \\s and \\d mean more than in ECMA-262",
        lambda case, fault: fault.rule == "pattern" and not str(case.job).isascii(),
    ),
)


def explanations(case: Case) -> list[str] | None:
    """The names of what explains a difference, one for each complaint; None where one of them stays unexplained."""
    ours = [next((one.name for one in ONLY_OURS if one.holds(case, fault)), "") for fault in case.faults]
    theirs = [next((one.name for one in ONLY_THEIRS if one.holds(case, told)), "") for told in case.complaints or ()]
    return [*ours, *theirs] if all([*ours, *theirs]) else None


def _kind(case: Case) -> Kind:
    return kind_of(case.request.headers.get("Content-Type", ""))


def _is_sent(case: Case, told: Complaint) -> bool:
    """Whether there is anything of a parameter in the request: of an empty list there is nothing."""
    params = case.job.get("params", {})
    return any(one.name == told.name and params.get(one.flat, []) != [] for one in case.operation.parameters)


def _schema(case: Case, told: Complaint) -> dict[str, object]:
    """The schema of the parameter that openapi-core names."""
    found = case.document["paths"][case.operation.path]
    for given in (*found["parameters"], *(found[case.operation.method.lower()].get("parameters") or ())):
        parameter = followed(case.document, given)
        if (parameter["in"], parameter["name"]) == (told.place, told.name):
            return followed(case.document, parameter.get("schema")) or {}
    return {}


def _has_default(case: Case, fault: Fault) -> bool:
    """Whether what is missing has a default: a parameter, or something of its name inside of the body."""
    name = fault.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    if fault.place != "body":
        return "default" in _schema(case, Complaint("", fault.place, name))
    return any("default" in one[name] for one in inside(case.document) if isinstance(one.get(name), dict))


def _formats(case: Case) -> set[str]:
    return {one["format"] for one in inside(case.document) if isinstance(one.get("format"), str)}
