"""``[apis.NAME.operations.OPERATION]``."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal

from worker.settings import kinds, web
from worker.settings.about import sections, setting
from worker.settings.predicate import Predicate, PredicateText
from worker.settings.probe import ProbeSettings
from worker.settings.retry import RetrySettings

Validation = Literal["enforce", "warn", "off"]

METHOD: Final = kinds.Choice("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
VALIDATION: Final = kinds.Choice("enforce", "warn", "off")


@dataclass(frozen=True, slots=True)
class OperationSettings:
    """``[apis.NAME.operations.OPERATION]``: one endpoint; beside a contract document, only what is to be otherwise.

    Attributes:
        method: in capitals; None beside a contract document, like all that it says, and else never.
        path: template, ``/shops/{shop}/orders``; None as ``method``.
        params: JSON Schema of the flat parameters, as a file or in place.
        body: JSON Schema of the body, as a file or in place; None where the operation takes none.
        body_required: a job without a body is refused, which None means too; says nothing where ``body`` is None.
        success: statuses that mean delivered; None means any 2xx.
        answers: media types that a success may have; None means any.
        idempotent: whether sending twice does no more than once; None goes by the method.
        validation: None goes by the API's, as does all that follows.
        success_when: what an answer has to be, besides its status.
        retry: the fields of ``RetrySettings`` that are otherwise than the API's; see ``retry.merged``.
        probe: tells whether a request that may have arrived did.
    """

    name: str
    method: str | None = setting(METHOD, "as the API's documentation says", None, when="without contract")
    path: str | None = setting(
        web.PATH_TEMPLATE, "after base_url; {names} are filled from params", None, when="without contract"
    )
    params: Path | dict[str, Any] | None = setting(kinds.Schema(), "unset: no parameters but those of the path", None)
    body: Path | dict[str, Any] | None = setting(kinds.Schema(), "unset: no body", None)
    body_required: bool | None = setting(
        kinds.Flag(), "unset: true; an operation that takes a body rarely works without", None
    )
    success: tuple[int, ...] | None = setting(web.Statuses(), "unset: any 2xx", None)
    answers: tuple[str, ...] | None = setting(web.MediaTypes(), "unset: any; names what a success may look like", None)
    idempotent: bool | None = setting(kinds.Flag(), "unset: by the method (RFC 9110)", None)
    validation: Validation | None = setting(VALIDATION, "unset: as the API", None)
    success_when: Predicate | None = setting(PredicateText(), "unset: as the API", None)
    retry: Mapping[str, Any] = sections(RetrySettings, "what is otherwise than in the API's", shape="part")
    probe: ProbeSettings | None = sections(ProbeSettings, "tells whether a request that may have arrived did", NoneType)
