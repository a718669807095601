"""The first stage: is this a request that the API will accept?"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from worker.contract.contract import Contract, Endpoint
from worker.job import UNSET, Job
from worker.outcome import Fault, Refuse
from worker.stages.refusal import refusal

Mode = Literal["enforce", "off"]


class Checked(NamedTuple):
    """A job that may be sent, as far as its content goes, and its params by their plain names."""

    endpoint: Endpoint
    params: Mapping[str, Any]


def validate(job: Job, contract: Contract, mode: Mode) -> Checked | Refuse:
    """Check the whole job against its contract; a refusal holds all of its faults.

    With ``mode = "off"`` only what keeps a request from being written at all is refused.
    """
    return check(contract, job.operation, job.params, job.body, mode)


def check(
    contract: Contract, name: str, given: Mapping[str, Any], body: Any, mode: Mode = "enforce"
) -> Checked | Refuse:
    """``validate`` for content that is no Job yet: the name of an operation, params and a body (or ``UNSET``)."""
    endpoint = contract.endpoint(name)
    if endpoint is None:
        return _refuse([Fault("#/operation", "job", "operation", f"no operation {name!r}", contract.suggestion(name))])
    operation = endpoint.operation
    if operation.unusable and (body is not UNSET or operation.body is None):
        detail = f"{name} cannot be sent: {operation.unusable}"
        return _refuse([Fault("#/operation", "job", "operation", detail)])
    params = endpoint.resolve(given)
    found = endpoint.faults(params, body) if mode == "enforce" else endpoint.unsendable(params)
    return _refuse(found) if found else Checked(endpoint, params)


def _refuse(faults: list[Fault]) -> Refuse:
    return Refuse(refusal(faults, "validate"))
