"""The differences between openapi-core's verdicts and ours that have a reason: one line each, and how to know them.

A job on which the two differ is explained once each complaint of the one who refuses it is. Whatever nothing here
explains is a mistake, ours or openapi-core's, and fails the test.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from openapi_schema_validator import OAS30WriteValidator

from tests.conformance.agreement import evidence
from tests.conformance.agreement.comparison import Case
from tests.conformance.agreement.oracle import Complaint
from worker.outcome import Fault

_FORMATS_THEY_KNOW: Final = frozenset(OAS30WriteValidator.FORMAT_CHECKER.checkers)
_IGNORED_HEADERS: Final = frozenset({"accept", "authorization", "content-type"})
_SMALL_NUMBERS: Final = frozenset({"int8", "int16", "uint8", "uint16", "uint32", "uint64"})


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
        lambda _, told: told.place == "header" and told.name.lower() in _IGNORED_HEADERS,
    ),
    Theirs(
        "default that is not valid",
        "openapi-core fills in a missing parameter's default, and holds it against the schema; no request has it",
        lambda case, told: (
            evidence.given(case, told.name) in (None, []) and evidence.has_default(case, told.place, told.name)
        ),
    ),
    Theirs(
        "read-only parameter",
        "OAS: readOnly is about properties only; openapi-core refuses a parameter whose schema has it",
        lambda _, told: told.place != "body" and told.rule == "readOnly",
    ),
    Theirs(
        "read-only and required",
        "OAS: what is read-only is required of answers only; openapi-core sees neither through references nor in 3.1",
        lambda case, told: told.rule == "required" and evidence.is_read_only(case, told.detail.split("'")[1]),
    ),
    Theirs(
        "comma inside of an item",
        "RFC 6570: it is encoded; openapi-core decodes before it splits",
        lambda case, told: told.place == "query" and "%2C" in case.request.url and isinstance(told.value, list),
    ),
    Theirs(
        "value inside of a value",
        "OAS does not say how a list or an object inside of another is written in a query; openapi-core reads none",
        lambda case, told: told.kind == "CastError" and evidence.is_deep(evidence.given(case, told.name)),
    ),
    Theirs(
        "deepObject",
        "openapi-core reads deepObject of exploded objects; we write it of lists too, and exploded in any case",
        lambda _, told: told.kind == "DeserializeError" and "deepObject" in told.detail,
    ),
    Theirs(
        "exploded object",
        "OAS: each member of an exploded object is a parameter; openapi-core looks for one named as the object is",
        lambda case, told: (
            told.kind == "MissingRequiredParameter" and isinstance(evidence.given(case, told.name), dict)
        ),
    ),
    Theirs(
        "part of a body",
        "openapi-core takes parts of a multipart body for text or bytes, also where the schema has numbers or choices",
        lambda case, told: told.place == "body" and told.rule != "required" and evidence.kind(case) == "multipart",
    ),
    Theirs(
        "bytes",
        "openapi-core has bytes where a body is neither text nor JSON, and only format: binary allows bytes for text",
        lambda case, told: isinstance(told.value, bytes) and evidence.kind(case) == "binary",
    ),
)

ONLY_OURS: Final = (
    Ours(
        "default for what is required",
        "openapi-core fills in the default of a parameter, or form's member, that is required; servers need not",
        lambda case, fault: (
            fault.rule == "required" and evidence.has_default(case, fault.place, evidence.tokens(fault)[-1])
        ),
    ),
    Ours(
        "header of ours",
        "every request has a User-Agent, but a job says itself what a contract requires of it",
        lambda _, fault: fault.rule == "required" and fault.pointer.lower() == "#/params/user-agent",
    ),
    Ours(
        "discriminator",
        "openapi-core looks at the one branch that the discriminator names; OAS: it does not change what is valid",
        lambda case, fault: fault.rule in {"anyOf", "oneOf"} and evidence.discriminates(case),
    ),
    Ours(
        "empty list",
        "a list without items is no part of a query or form, so that openapi-core never sees it",
        lambda case, fault: (
            fault.rule == "minItems" and evidence.value(case, fault) == [] and not _is_json(case, fault)
        ),
    ),
    Ours(
        "exploded object",
        "of the members of an exploded object openapi-core sees none",
        lambda case, fault: fault.place == "query" and isinstance(_param(case, fault), dict),
    ),
    Ours(
        "format of text",
        "openapi-core checks formats such as uri only where further packages are installed",
        lambda case, fault: fault.rule == "format" and bool(evidence.formats(case) - _FORMATS_THEY_KNOW),
    ),
    Ours(
        "format of numbers",
        "openapi-core knows the bounds of int32 and int64, but not those of uint8 and its kin",
        lambda case, fault: fault.rule in {"minimum", "maximum"} and bool(evidence.formats(case) & _SMALL_NUMBERS),
    ),
    Ours(
        "member of a form",
        "openapi-core reads of a form only what the schema names, so that it never sees what is forbidden",
        lambda case, fault: fault.rule == "additionalProperties" and evidence.kind(case) in {"form", "multipart"},
    ),
    Ours(
        "body of no bytes",
        "a form without members has no bytes, which openapi-core takes for no body at all",
        lambda case, fault: fault.place == "body" and case.request.body == b"",
    ),
    Ours(
        "pattern",
        "openapi-core reads patterns as Python's, where \\d, \\s and \\w are those of all scripts; ours are ECMA-262's",
        lambda case, fault: fault.rule == "pattern" and not evidence.fits_ascii(case, fault),
    ),
)


def explanations(case: Case) -> list[str] | None:
    """The names of what explains a difference, one for each complaint; None where one of them stays unexplained."""
    ours = [next((one.name for one in ONLY_OURS if one.holds(case, fault)), "") for fault in case.faults]
    theirs = [next((one.name for one in ONLY_THEIRS if one.holds(case, told)), "") for told in case.complaints or ()]
    return [*ours, *theirs] if all([*ours, *theirs]) else None


def _is_json(case: Case, fault: Fault) -> bool:
    return fault.place == "body" and evidence.kind(case) == "json"


def _param(case: Case, fault: Fault) -> object:
    return evidence.given(case, evidence.tokens(fault)[1])
