"""One callable endpoint, as the sandbox sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
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
        json: the value is JSON text (``content`` instead of ``schema``).
    """

    name: str
    where: Where
    required: bool
    style: str
    explode: bool
    schema: Place | None
    json: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes as its body.

    Attributes:
        media: schema by media range in lower case; None where anything goes.
    """

    media: Mapping[str, Place | None]
    required: bool


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a credential travels.

    Attributes:
        kind: ``bearer``, ``basic``, ``header``, ``query`` or ``cookie``; ``none`` for what no request shows, such as a
            client's certificate.
        field: the name of the header (lower case), query parameter or cookie; empty for bearer and basic.
    """

    name: str
    kind: Literal["bearer", "basic", "header", "query", "cookie", "none"]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One callable endpoint.

    Attributes:
        names: the names in the path template, in their order.
        security: alternatives; each is the names of the schemes that it wants together. Empty: open to all.
        success: the status of a good answer.
        answer: where the contract describes the good answer; None where it does not.
    """

    id: str
    method: str
    path: str
    names: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: Body | None
    security: tuple[tuple[str, ...], ...]
    success: int
    answer: Place | None


def is_where(text: object) -> Where | None:
    """``text`` as the place of a parameter, or None where it is none."""
    return text if text in ("path", "query", "header", "cookie") else None
