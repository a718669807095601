"""What openapi-core says of a request as it goes over the wire."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from jsonschema_path import SchemaPath
from openapi_core import V30RequestValidator, V31RequestValidator
from openapi_core.datatypes import RequestParameters
from openapi_core.deserializing.media_types.util import json_loads, plain_loads
from openapi_core.validation.request.exceptions import ParameterValidationError
from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.http import parse_cookie

from worker.contract.operation import Operation
from worker.outcome import Request

BASE_URL: Final = "http://api.invalid"
_VALIDATORS: Final = {"3.0": V30RequestValidator, "3.1": V31RequestValidator}
_READERS: Final[Mapping[str, Callable[..., Any]]] = {"json": json_loads, "text": plain_loads}
#: RFC 3986: what a path, and a query behind it, may hold as they are.
_TARGET: Final = "/?:@!$&'()*+,;=~-._%"


class Complaint(NamedTuple):
    """One thing that openapi-core finds wrong.

    Attributes:
        kind: the name of its error's class.
        place: ``query``, ``body``, ...
        name: of the parameter; empty for the body.
        rule: the keyword of the schema that is broken; empty where the value could not be read.
        value: what breaks it, as openapi-core has read it.
        detail: in its words.
    """

    kind: str
    place: str
    name: str
    rule: str = ""
    value: Any = None
    detail: str = ""


class Oracle:
    """openapi-core, reading one operation's requests by a document that holds nothing else.

    Which media types are JSON, or text, by another name is no matter of OpenAPI: it is told what we take them for.
    """

    def __init__(self, document: dict[str, Any], operation: Operation) -> None:
        self._path = operation.path
        spec = SchemaPath.from_dict({**document, "servers": [{"url": BASE_URL}]})
        contents = operation.body.contents if operation.body else ()
        readers = {one.media_type: _READERS[one.kind] for one in contents if one.kind in _READERS}
        validator = _VALIDATORS[document["openapi"][:3]]
        self._validator = validator(spec, extra_media_type_deserializers=readers)

    def complaints(self, request: Request) -> list[Complaint]:
        """Everything that it finds wrong; empty where it accepts the request."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of deprecated parameters
            errors = list(self._validator.iter_errors(_received(request, self._path)))
        return [one for error in errors for one in _told(error)]


def _told(error: Exception) -> Iterator[Complaint]:
    place, name = (error.location, error.name) if isinstance(error, ParameterValidationError) else ("body", "")
    cause = error.__cause__ or error
    broken: Any = getattr(cause, "schema_errors", None)
    if not broken:
        yield Complaint(type(cause).__name__, place, name, detail=str(cause))
    for one in broken or ():
        yield Complaint(type(cause).__name__, place, name, one.validator, one.instance, one.message)


@dataclass
class _Received:
    """A request as openapi-core wants to see it (``openapi_core.protocols.Request``)."""

    host_url: str
    path_pattern: str
    path: str
    method: str
    body: bytes | None
    content_type: str
    parameters: RequestParameters


def _received(request: Request, template: str) -> _Received:
    """What a server makes of a request's method, URL, headers and bytes, before it looks into the contract."""
    assert request.body is None or isinstance(request.body, bytes), "no job names a file"
    url = urlsplit(request.url)
    framing = {"Host": url.netloc, "Content-Length": str(len(request.body or b""))}
    parameters = RequestParameters(
        query=ImmutableMultiDict(parse_qsl(url.query, keep_blank_values=True)),
        header=Headers([*request.headers.items(), *framing.items()]),
        cookie=parse_cookie(request.headers.get("Cookie", "")),
        path=_in_path(request.url.removeprefix(BASE_URL), template),
    )
    media_type = request.headers.get("Content-Type", "")
    return _Received(BASE_URL, template, url.path, request.method.lower(), request.body, media_type, parameters)


def _in_path(target: str, template: str) -> Mapping[str, str]:
    """A path's parameters, decoded: openapi-core leaves that to frameworks. Some templates go on into the query."""
    texts = re.split(r"\{([^{}]+)\}", template)
    pattern = "([^/?&]*)".join(re.escape(quote(text, safe=_TARGET)) for text in texts[::2])
    match = re.fullmatch(f"{pattern}([?&].*)?", target)
    assert match is not None, f"{target} does not start with {template}"
    return {name: unquote(text) for name, text in zip(texts[1::2], match.groups()[:-1], strict=True)}
