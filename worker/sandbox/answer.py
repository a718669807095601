"""What the sandbox says: an Answer, and the problem document (RFC 9457) that a refusal carries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson

from worker.sandbox.faults import Fault


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def plus(self, headers: Mapping[str, str]) -> "Answer":
        """The same with further headers."""
        return Answer(self.status, self.body, {**self.headers, **headers}) if headers else self


def problem(status: int, detail: str, faults: Iterable[Fault] = (), headers: Mapping[str, str] | None = None) -> Answer:
    """A refusal as ``application/problem+json``, with ``errors`` where there are faults to list."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": phrase(status),
        "status": status,
        "detail": detail,
    }
    if listed := [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]:
        document["errors"] = listed
    return Answer(status, orjson.dumps(document), {"Content-Type": "application/problem+json", **(headers or {})})


def phrase(status: int) -> str:
    """``404`` -> ``Not Found``; of a status that nobody has named, ``Status 799``."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
