"""What the sandbox says: an Answer, and the problem document (RFC 9457) that a refusal carries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Final

import orjson

from worker.sandbox.faults import MOST_FAULTS, Fault


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def plus(self, headers: Mapping[str, str]) -> "Answer":
        """The same with further headers."""
        return Answer(self.status, self.body, {**self.headers, **headers}) if headers else self


#: A text that quotes a longer value helps nobody.
_MOST_CHARACTERS: Final = 1000


def problem(status: int, detail: str, faults: Iterable[Fault] = (), headers: Mapping[str, str] | None = None) -> Answer:
    """A refusal as ``application/problem+json``, with ``errors`` where there are faults to list."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": phrase(status),
        "status": status,
        "detail": printable(detail),
    }
    few = islice(faults, MOST_FAULTS)
    if listed := [{"pointer": printable(fault.pointer), "detail": printable(fault.detail)} for fault in few]:
        document["errors"] = listed
    return Answer(status, orjson.dumps(document), {"Content-Type": "application/problem+json", **(headers or {})})


def refused(status: int, faults: Sequence[Fault]) -> Answer:
    """A refusal for the faults of a request."""
    return problem(status, "; ".join(f"{fault.pointer} {fault.detail}" for fault in faults[:3]), faults)


def printable(text: str) -> str:
    """The same as far as JSON can say it: bytes that are no UTF-8 become escapes, and what is long is cut."""
    return text[:_MOST_CHARACTERS].encode(errors="backslashreplace").decode()


def phrase(status: int) -> str:
    """``404`` -> ``Not Found``; of a status that nobody has named, ``Status 799``."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
