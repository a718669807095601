"""What a job itself has to look like: ``schemas/job.schema.json``, and what a schema cannot say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from worker import resources
from worker.clock import from_rfc3339
from worker.contract.cache import CodeCache
from worker.contract.document import pointer
from worker.contract.explain import explain
from worker.contract.media import is_media_type
from worker.contract.operation import FRAMING_HEADERS, Operation
from worker.contract.schema import Schemas
from worker.contract.serialise import is_header_name, is_header_value
from worker.outcome import Cause, Fault

_URI: Final = "urn:preflight:job"
_JOB: Final = Operation("a job", "", "/")

#: Headers that a job may not bring, what each of them does, and what to do instead.
_REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(FRAMING_HEADERS - {"content-type"}, ("is set by the transport", "leave it out")),
    **dict.fromkeys(
        ("authorization", "proxy-authorization", "cookie"),
        ("is a credential", "credentials belong into [apis.NAME.auth] of the config"),
    ),
    **dict.fromkeys(  # many servers obey these: another request would be made than the one that was checked
        ("x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"),
        ("makes another request of it", "name the operation that is meant"),
    ),
}


class Envelope:
    """Checks decoded rows; made once."""

    def __init__(self, cache: CodeCache | None = None) -> None:
        schema = orjson.loads(resources.path("schemas/job.schema.json").read_bytes())
        self._schemas = Schemas({_URI: schema}, "draft7", "fastjsonschema", cache)
        self._validator = self._schemas.compile({"$ref": f"{_URI}#"})

    def faults(self, row: Any) -> list[Fault]:
        """Everything wrong with a decoded row; what is inside ``params`` and ``body`` is for the contract to say."""
        if not self._validator.is_valid(row):
            found = explain(self._validator.errors(row), _JOB, self._schemas.lookup)
            return [one if one.cause is Cause.MISSING else replace(one, cause=Cause.MALFORMED) for one in found]
        found = _moment_faults(row) if "not_before" in row or "deadline" in row else []
        return found + _header_faults(row["headers"]) if "headers" in row else found


def _moment_faults(row: Mapping[str, Any]) -> list[Fault]:
    found = []
    for name in ("not_before", "deadline"):
        if (text := row.get(name)) is None:
            continue
        try:
            from_rfc3339(text)
        except (ValueError, OverflowError):
            detail = f"{text!r} is no date and time with an offset"
            found.append(
                Fault(f"#/{name}", "job", "date-time", detail, "write it like 2026-12-31T23:59:59Z", Cause.MALFORMED)
            )
    return found


def _header_faults(headers: Mapping[str, str]) -> list[Fault]:
    found = []
    for name, value in headers.items():
        lower = name.lower()
        if lower in _REFUSED:
            does, hint = _REFUSED[lower]
            detail = f"{name} {does}"
        elif lower == "content-type":  # chooses among the media types that the contract names
            if is_media_type(value):
                continue
            detail, hint = f"{value!r} is no media type", "write it like application/json, or leave it out"
        elif not is_header_name(name):
            detail, hint = f"{name!r} is no legal header name", "use letters, digits and -"
        elif not is_header_value(value):
            detail, hint = "a header cannot hold line breaks or characters outside of ASCII", "leave them out"
        else:
            continue
        found.append(Fault(f"#{pointer('headers', name)}", "header", "header", detail, hint, Cause.MALFORMED))
    return found
