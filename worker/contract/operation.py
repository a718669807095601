"""One callable endpoint, as plain data: what may be sent, where it goes, which answers mean success."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple

from worker.contract.media import Kind, covers, essence, kind_of
from worker.contract.security import Alternatives

#: A JSON Schema: an object, or ``true`` and ``false``.
JsonSchema = Mapping[str, Any] | bool

ParameterPlace = Literal["path", "query", "header", "cookie"]

#: RFC 9110: sending such a request twice has the effect of sending it once.
IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})

#: Headers that say how a message is framed and where it goes: the transport's, whatever a contract or a job says.
FRAMING_HEADERS: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)

#: No rules. ``true`` would say the same, but is no schema in Draft 4.
ANYTHING: Final[JsonSchema] = {}

#: Of a name in a path's template that nothing describes.
ANY_SINGLE_VALUE: Final[JsonSchema] = {"type": ["string", "number", "boolean"]}

_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


def placeholders(path: str) -> list[str]:
    """The names in a path's template, each once: ``/shops/{shop}/orders`` -> ``["shop"]``."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(path)))


def pieces(path: str) -> list[str]:
    """Text, name, text, name, ..., text: ``/shops/{shop}/orders`` -> ``["/shops/", "shop", "/orders"]``."""
    return _PLACEHOLDER.split(path)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        flat: its name in ``job.params``: the plain name, or ``query.id`` where one name stands in two places.
        schema: a JSON Schema that the contract's ``Schemas`` can compile; mostly a ``$ref`` into the document.
        style: how a value becomes text: one of OpenAPI's styles; ``json`` or ``text`` for one that has content.
        allow_reserved: characters that have a meaning in a URL are sent as they are, as far as that is safe.
        deprecated: still works, but should not be used for anything new.
    """

    name: str
    place: ParameterPlace
    flat: str
    required: bool
    schema: JsonSchema
    style: str
    explode: bool
    description: str = ""
    allow_reserved: bool = False
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one member of a form is written (OAS, "Encoding Object").

    Attributes:
        content_type: of the member's part, or of its text; None goes by the member's type. Several, with commas between
            them, are a choice: a file is sent as the one that it is, all else as the first.
        style: one of the query's styles; None where the contract sets none of style, explode and allowReserved, so
            that ``content_type`` decides.
    """

    content_type: str | None = None
    style: str | None = None
    explode: bool = True
    allow_reserved: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A body as one media type.

    Attributes:
        media_type: as the contract writes it; may be a range.
        schema: of the value that the job gives, whatever it is written as.
        encodings: of a form's members, by name.
        written: how the value is written, where that is not told by the media type.
        caveat: in what the body is not sent, or not held, as the contract says; empty where it is.
    """

    media_type: str
    schema: JsonSchema = field(default_factory=dict)
    encodings: Mapping[str, Encoding] = field(default_factory=dict)
    written: Kind | None = None
    caveat: str = ""

    @property
    def kind(self) -> Kind:
        """How the value is written."""
        return self.written or kind_of(self.media_type)


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes as its body.

    Attributes:
        contents: at least one; the first is sent where the job does not name a media type.
    """

    required: bool
    contents: tuple[Content, ...]

    def content(self, media_type: str | None) -> Content | None:
        """The content that a job's ``Content-Type`` asks for, the most specific first; None where there is none."""
        if media_type is None:
            return self.contents[0]
        covering = [one for one in self.contents if covers(one.media_type, media_type)]
        return min(covering, key=lambda one: essence(one.media_type).count("*"), default=None)


class Note(NamedTuple):
    """Something in a document that is not as it should be, and what follows from it.

    Attributes:
        at: where it stands, as ``URI#pointer``.
    """

    at: str
    detail: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint.

    Attributes:
        path: the template, starting with ``/``: ``/shops/{shop}/orders``.
        at: where it stands in the contract, as ``URI#pointer``; empty for one that is declared.
        success: statuses that mean delivered; empty for any 2xx.
        answers: media types that a successful answer may have; empty where the contract does not say.
        idempotent: sending twice has the effect of sending once, by itself (without an idempotency key).
        security: what it asks for before it lets anybody in.
        deprecated: still works, but should not be used for anything new.
        notes: what its reader had to make the best of.
        unusable: why jobs for it are refused: the contract does not define its requests; None for all others.
        by_flat: parameters by their name in ``job.params``.
        aliases: other names that are understood: ``query.limit`` where ``limit`` alone is clear.
    """

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    success: frozenset[int] = frozenset()
    answers: frozenset[str] = frozenset()
    idempotent: bool = False
    summary: str = ""
    at: str = ""
    security: Alternatives = ()
    deprecated: bool = False
    notes: tuple[Note, ...] = ()
    unusable: str | None = None
    by_flat: Mapping[str, Parameter] = field(init=False, repr=False, compare=False)
    aliases: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_flat", {parameter.flat: parameter for parameter in self.parameters})
        aliases = {f"{one.place}.{one.name}": one.flat for one in self.parameters if one.flat == one.name}
        object.__setattr__(
            self, "aliases", {alias: flat for alias, flat in aliases.items() if alias not in self.by_flat}
        )

    def succeeded(self, status: int) -> bool:
        """Whether an answer with this status means that the job is delivered."""
        return status in self.success if self.success else 200 <= status <= 299  # noqa: PLR2004 - the class of success


def undescribed(name: str, flat: str) -> Parameter:
    """A name in a path's template that nothing describes: any single value."""
    return Parameter(name, "path", flat, required=True, schema=ANY_SINGLE_VALUE, style="simple", explode=False)


def refused(operation: Operation, reason: str) -> Operation:
    """An operation that cannot be called: nothing is known of it but where it is, and why."""
    parameters = tuple(undescribed(name, name) for name in placeholders(operation.path))
    return replace(operation, parameters=parameters, body=None, unusable=reason)


def content_schema(operation: Operation, content: Content | None) -> dict[str, Any]:
    """The schema that ``{"params": {...}, "body": ...}`` of a job has to satisfy: one check for the whole request.

    Args:
        operation: what is called.
        content: what its body is written as; None where it takes no body.
    """
    params: dict[str, Any] = {
        "type": "object",
        "properties": {one.flat: one.schema for one in operation.parameters},
        "additionalProperties": False,
    }
    if required := [one.flat for one in operation.parameters if one.required]:
        params["required"] = required
    properties: dict[str, Any] = {"params": params}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": ["params"]}
    if operation.body is None or content is None:
        schema["additionalProperties"] = False
    else:
        properties["body"] = content.schema
        if operation.body.required:
            schema["required"] = ["params", "body"]
    return schema


def flat_names(parameters: list[tuple[str, ParameterPlace]]) -> list[str]:
    """The names that parameters have in ``job.params``: ``id``, or ``path.id`` and ``query.id`` where both exist."""
    names = [name for name, _ in parameters]
    return [name if names.count(name) == 1 else f"{place}.{name}" for name, place in parameters]
