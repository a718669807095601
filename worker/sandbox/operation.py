"""One callable endpoint, as the sandbox sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from worker.sandbox.document import Place

Where = Literal["path", "query", "header", "cookie"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter and how its value is written.

    Attributes:
        name: of a header, in lower case.
        style: ``simple``, ``label``, ``matrix``, ``form``, ``spaceDelimited``, ``pipeDelimited`` or ``deepObject``.
        schema: where its schema stands; None where anything goes.
        media: the media type of its text (``content`` instead of ``schema``), in lower case; empty where a style rules.
        empty: ``allowEmptyValue``: of a query parameter, ``v=`` and ``v`` are good whatever the schema says.
    """

    name: str
    where: Where
    required: bool
    style: str
    explode: bool
    schema: Place | None
    media: str = ""
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form is written.

    Attributes:
        style: as a query parameter's; None where the content type rules.
        types: media ranges that a part may have, in lower case; empty: what its schema's type stands for.
        headers: of a part in multipart.
    """

    style: str | None = None
    explode: bool = False
    types: tuple[str, ...] = ()
    headers: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """One kind of body.

    Attributes:
        range: a media type or range in lower case, such as ``image/*``.
        parameters: what the contract writes behind it, as pairs in lower case, the charset left out.
        schema: where its schema stands; None where anything goes.
        encoding: of a form's properties, by name.
    """

    range: str
    parameters: frozenset[tuple[str, str]] = frozenset()
    schema: Place | None = None
    encoding: Mapping[str, Encoding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes as its body."""

    media: tuple[Media, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a credential travels.

    Attributes:
        kind: ``http``, ``header``, ``query`` or ``cookie``; ``none`` for what no request shows, such as a client's
            certificate.
        field: of ``http`` the authentication scheme in lower case, such as ``bearer`` or ``basic``; otherwise
            the name of the header (lower case), query parameter or cookie.
    """

    name: str
    kind: Literal["http", "header", "query", "cookie", "none"]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One callable endpoint.

    Attributes:
        method: in capitals; ``*`` for a path of which nothing can be read.
        names: the names in the path template, in their order.
        security: alternatives; each is the names of the schemes that it wants together. Empty: open to all.
        success: the status of a good answer.
        answer: where the contract describes the good answer; None where it does not.
        broken: why the contract's description of it cannot be used; empty where it can.
    """

    id: str
    method: str
    path: str
    names: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    security: tuple[tuple[str, ...], ...] = ()
    success: int = 200
    answer: Place | None = None
    broken: str = ""
