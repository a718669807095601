"""The first stage: is this a request that the API will accept?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from worker.contract.contract import Contract
from worker.contract.document import pointer
from worker.contract.endpoint import Endpoint
from worker.contract.media import named_in
from worker.contract.operation import Content, Operation
from worker.contract.read_only import READ_ONLY
from worker.contract.strip import without
from worker.job import UNSET, Job, from_payload
from worker.outcome import Cause, Fault, Refuse
from worker.settings import Validation
from worker.stages.refusal import refusal

_NOTHING: Final[Mapping[str, Any]] = {}


class Checked(NamedTuple):
    """A job that may be sent, as far as its content goes.

    Attributes:
        params: by their plain names.
        body: the value to send, or ``UNSET``.
        content: what the body is written as; None where the operation takes none.
        warned: why the job would have been refused, were its contract enforced.
    """

    endpoint: Endpoint
    params: Mapping[str, Any]
    body: Any
    content: Content | None
    warned: tuple[Fault, ...] = ()


def validate(job: Job, contract: Contract, mode: Validation) -> Checked | Refuse:
    """Check the whole job against its contract, then by the user's own checks; a refusal holds all of its faults.

    What keeps a request from being written at all is refused in every mode; with ``warn`` all else is only noted, with
    ``off`` not even looked for.
    """
    return _check(contract, mode, job, job.operation, job.params, job.body, job.headers)


def check(payload: Mapping[str, Any], contract: Contract, mode: Validation = "enforce") -> Checked | Refuse:
    """``validate`` for a job's JSON form, which the envelope's schema has passed; it may have no id yet."""
    params, headers = payload.get("params", _NOTHING), payload.get("headers", _NOTHING)
    return _check(contract, mode, payload, payload["operation"], params, payload.get("body", UNSET), headers)


def _check(
    contract: Contract,
    mode: Validation,
    whole: Job | Mapping[str, Any],
    name: str,
    given: Mapping[str, Any],
    body: Any,
    headers: Mapping[str, str],
) -> Checked | Refuse:
    endpoint = contract.endpoint(name)
    if endpoint is None:
        return _refuse([Fault("#/operation", "job", "operation", f"no operation {name!r}", contract.suggestion(name))])
    operation = endpoint.operation
    if operation.unusable:
        detail = f"{name} cannot be sent: {operation.unusable}"
        return _refuse([Fault("#/operation", "job", "operation", detail)])
    media_type = named_in(headers) if headers else None
    content = endpoint.content(media_type)
    if content is None and media_type is not None:
        return _refuse([_wrong_type(media_type, operation)])
    checked = Checked(endpoint, endpoint.resolve(given), body, content)
    if mode == "off":
        return _written(checked, media_type)
    checked, found = _held(checked, contract, whole, headers, media_type)
    if not found:
        return checked
    return _refuse(found) if mode == "enforce" else _written(checked._replace(warned=tuple(found)), media_type)


def _held(
    checked: Checked,
    contract: Contract,
    whole: Job | Mapping[str, Any],
    headers: Mapping[str, str],
    media_type: str | None,
) -> tuple[Checked, list[Fault]]:
    """The job as it may be sent, and what is wrong with it: by its schemas, else by own checks, else by access."""
    endpoint = checked.endpoint
    found = _content_faults(checked, headers, media_type)
    while contract.strips and (pointers := [one.pointer for one in found if one.rule == READ_ONLY]):
        checked = checked._replace(body=without(checked.body, pointers))
        found = _content_faults(checked, headers, media_type)
    if not found and contract.own is not None:
        found = contract.own.faults(replace(_job(whole), params=checked.params, body=checked.body), endpoint.operation)
    if not found and contract.access is not None:
        key = whole.key if isinstance(whole, Job) else whole.get("key")
        found = contract.access.of(key).faults(endpoint.operation, headers, checked.params)
    return checked, found


def _content_faults(checked: Checked, headers: Mapping[str, str], media_type: str | None) -> list[Fault]:
    """What is wrong by the schemas. A header that the job brings itself is there, and held to nothing else."""
    endpoint, params = checked.endpoint, checked.params
    found = endpoint.faults(params, checked.body, checked.content, media_type)
    if not found or not headers:
        return found
    names = {name.lower() for name in headers}
    brought = {
        f"#{pointer('params', one.flat)}"
        for one in endpoint.operation.parameters
        if one.place == "header" and one.name.lower() in names
    }
    left = [one for one in found if one.rule != "required" or one.pointer not in brought]
    return left or endpoint.serialiser.faults(params)


def _job(whole: Job | Mapping[str, Any]) -> Job:
    return whole if isinstance(whole, Job) else from_payload({"id": "", **whole})


def _written(checked: Checked, media_type: str | None) -> Checked | Refuse:
    """A job that is not held to its contract, if it can be written as a request."""
    found = checked.endpoint.unsendable(checked.params, checked.body, checked.content, media_type)
    return _refuse(found) if found else checked


def _wrong_type(media_type: str, operation: Operation) -> Fault:
    if operation.body is None:
        detail, hint = f"{operation.name} takes no body", "leave the header out"
    else:
        accepted = ", ".join(one.media_type for one in operation.body.contents)
        detail, hint = f"{operation.name} does not take {media_type}", f"one of: {accepted}"
    return Fault("#/headers/Content-Type", "header", "content-type", detail, hint, Cause.MALFORMED)


def _refuse(faults: list[Fault]) -> Refuse:
    return Refuse(refusal(faults, "authorise" if faults[0].cause is Cause.UNAUTHORISED else "validate"))
