"""Refusals of good requests, in the forms in which real APIs write them: what drift looks like from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from worker.sandbox.answer import Answer, phrase, refused
from worker.sandbox.document import tokens_of
from worker.sandbox.faults import Fault

Form = Literal["problem", "fastapi", "jsonapi", "google", "plain"]

_PLACES: Final = ("body", "query", "path", "header", "cookie")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is said to be wrong.

    Attributes:
        form: whose habit the answer's body follows: ``problem`` (RFC 9457 with ``errors``), ``fastapi`` (``detail``
            with ``loc``), ``jsonapi`` (``errors`` with ``source``), ``google`` (``fieldViolations``) or ``plain``.
        pointer: the place in the request, such as ``#/body/items/0/qty`` or ``#/query/limit``.
    """

    form: Form
    pointer: str
    detail: str

    def answer(self, status: int) -> Answer:
        """The answer with this status."""
        place, *steps = tokens_of(self.pointer[1:])
        if self.form == "problem":
            return refused(status, [Fault(self.pointer, self.detail)])
        if self.form == "plain":
            text = f"{'.'.join(steps) or place}: {self.detail}\n"
            return Answer(status, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})
        document = _DOCUMENTS[self.form](status, place, steps, self.detail)
        media = "application/vnd.api+json" if self.form == "jsonapi" else "application/json"
        return Answer(status, orjson.dumps(document), {"Content-Type": media})


def is_pointer(text: str) -> bool:
    """Whether it names a place in a request: its body, or one of its parameters."""
    place, *steps = tokens_of(text[1:]) if text.startswith("#/") else ("",)
    return place in _PLACES and (place == "body" or bool(steps))


def _fastapi(_status: int, place: str, steps: list[str], detail: str) -> dict[str, Any]:
    loc = [place, *(int(step) if step.isdecimal() else step for step in steps)]
    return {"detail": [{"loc": loc, "msg": detail, "type": "value_error"}]}


def _jsonapi(status: int, place: str, steps: list[str], detail: str) -> dict[str, Any]:
    """JSON:API points into bodies, and names query parameters and headers."""
    source = {"pointer": "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)}
    if place != "body":
        source = {"header" if place == "header" else "parameter": steps[0]}
    return {"errors": [{"status": str(status), "title": phrase(status), "detail": detail, "source": source}]}


def _google(status: int, place: str, steps: list[str], detail: str) -> dict[str, Any]:
    """A field is written ``items[0].qty``."""
    field = "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps).lstrip(".") or place
    violation = {"field": field, "description": detail}
    bad_request = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    message = f"Invalid value at '{field}': {detail}"
    return {"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT", "details": [bad_request]}}


_DOCUMENTS: Final[Mapping[str, Callable[[int, str, list[str], str], dict[str, Any]]]] = {
    "fastapi": _fastapi,
    "jsonapi": _jsonapi,
    "google": _google,
}
