"""Checks the body of a request: its content type, its encoding, its schema."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import orjson

from worker.sandbox import media
from worker.sandbox.answer import Answer, problem
from worker.sandbox.faults import Fault, Faults, accepts
from worker.sandbox.forms import Form
from worker.sandbox.operation import Media, Operation
from worker.sandbox.received import Received
from worker.sandbox.schemas import Schemas
from worker.sandbox.values import Raw, Typed, Values

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"

#: A body of these types can be there and have no bytes: a form without a field, a text without a character.
_MAY_BE_EMPTY: Final = (_FORM, "text/plain")

_CHARSETS: Final = ("", "utf-8", "utf8", "us-ascii")

#: What the server has unpacked by now; another coding is left as it came, and nobody can read it.
_CODINGS: Final = ("", "identity", "gzip", "deflate", "br", "zstd")


class Bodies:
    """The bodies that one operation takes."""

    def __init__(self, operation: Operation, schemas: Schemas) -> None:
        self._body = operation.body
        self._schemas = schemas
        self._values = Values(schemas)
        self._forms = {
            each: Form(taken, schemas)
            for each, taken in enumerate(operation.body.media if operation.body else ())
            if media.fits(_FORM, taken.range) or media.fits(_MULTIPART, taken.range)
        }

    def check(self, request: Received, faults: Faults) -> Answer | None:
        """Note what is wrong with the body; an answer where its kind alone settles the matter (415)."""
        body = self._body
        kind, parameters = media.parse(request.headers.get("content-type", ""))
        if not request.body and (body is None or kind not in _MAY_BE_EMPTY):
            if body is not None and body.required:
                faults.malformed.append(Fault("#/body", "is required"))
            return None
        if body is None:
            faults.malformed.append(Fault("#/body", "this operation takes no body"))
            return None
        if (coding := request.headers.get("content-encoding", "").lower()) not in _CODINGS:
            return problem(415, f"Content-Encoding: {coding} is not known here: send the body as it is, or by gzip")
        taken = media.choose(kind, parameters, body.media)
        if taken is None or parameters.get("charset", "").lower() not in _CHARSETS:
            offered = ", ".join(each.range for each in body.media)
            return problem(415, f"{request.headers.get('content-type')!r} is not taken here: send {offered}")
        try:
            raw = self._raw(kind, parameters.get("boundary", ""), request.body, taken, faults)
        except ValueError as error:
            faults.malformed.append(Fault("#/body", f"cannot be read as {kind}: {error}"))
        else:
            self._judge(raw, taken, faults)
        return None

    def _raw(self, kind: str, boundary: str, content: bytes, taken: Media, faults: Faults) -> Raw | None:
        """What the body says; None of a kind that JSON Schema says nothing about."""
        assert self._body is not None
        if media.is_json(kind):
            return Typed(orjson.loads(content))
        if kind in (_FORM, _MULTIPART):
            form = self._forms[self._body.media.index(taken)]
            return form.url_encoded(content) if kind == _FORM else form.multipart(content, boundary, faults)
        if not media.is_text(kind):
            return None
        text = content.decode()
        return text if kind.startswith("text/") else None

    def _judge(self, raw: Raw | None, taken: Media, faults: Faults) -> None:
        if raw is None or taken.schema is None:
            return
        validator, shape = self._schemas.validator(taken.schema), self._schemas.shape((taken.schema,))
        if isinstance(raw, Typed):
            faults.judge(validator, raw.value, "#/body")
        elif not isinstance(raw, str) or "scalar" in shape.kinds:
            values: Iterator[Any] = self._values.readings(raw, shape)
            first = next(values)
            if not any(accepts(validator, value) for value in chain([first], values)):
                faults.judge(validator, first, "#/body")
