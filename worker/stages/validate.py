"""The first stage: is this a request that the API will accept?"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from worker.contract.contract import Contract
from worker.contract.endpoint import Endpoint
from worker.contract.operation import Content, Operation
from worker.job import Job
from worker.outcome import Cause, Fault, Refuse
from worker.settings import Validation
from worker.stages.refusal import refusal


class Checked(NamedTuple):
    """A job that may be sent, as far as its content goes.

    Attributes:
        params: by their plain names.
        body: the value to send, or ``UNSET``.
        content: what the body is written as; None where the operation takes none.
    """

    endpoint: Endpoint
    params: Mapping[str, Any]
    body: Any
    content: Content | None


def validate(job: Job, contract: Contract, mode: Validation) -> Checked | Refuse:
    """Check the whole job against its contract; a refusal holds all of its faults.

    With ``mode = "off"`` only what keeps a request from being written at all is refused.
    """
    return check(contract, job.operation, job.params, job.body, job.headers, mode)


def check(
    contract: Contract,
    name: str,
    given: Mapping[str, Any],
    body: Any,
    headers: Mapping[str, str],
    mode: Validation = "enforce",
) -> Checked | Refuse:
    """``validate`` for content that is no Job yet: the name of an operation, params, a body (or ``UNSET``), headers."""
    endpoint = contract.endpoint(name)
    if endpoint is None:
        return _refuse([Fault("#/operation", "job", "operation", f"no operation {name!r}", contract.suggestion(name))])
    operation = endpoint.operation
    if operation.unusable:
        detail = f"{name} cannot be sent: {operation.unusable}"
        return _refuse([Fault("#/operation", "job", "operation", detail)])
    media_type = _media_type(headers) if headers else None
    content = endpoint.content(media_type)
    if content is None and media_type is not None:
        return _refuse([_wrong_type(media_type, operation)])
    params = endpoint.resolve(given)
    found = endpoint.faults(params, body, content) if mode == "enforce" else endpoint.unsendable(params)
    return _refuse(found) if found else Checked(endpoint, params, body, content)


def _media_type(headers: Mapping[str, str]) -> str | None:
    """What a job says that its body is to be written as."""
    return next((value for name, value in headers.items() if name.lower() == "content-type"), None)


def _wrong_type(media_type: str, operation: Operation) -> Fault:
    if operation.body is None:
        detail, hint = f"{operation.name} takes no body", "leave the header out"
    else:
        accepted = ", ".join(one.media_type for one in operation.body.contents)
        detail, hint = f"{operation.name} does not take {media_type}", f"one of: {accepted}"
    return Fault("#/headers/Content-Type", "header", "content-type", detail, hint, Cause.MALFORMED)


def _refuse(faults: list[Fault]) -> Refuse:
    return Refuse(refusal(faults, "validate"))
