"""The first stage: is this a request that the API will accept?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from worker.contract.contract import Contract, Endpoint
from worker.job import UNSET, Job
from worker.outcome import Fault, Refuse
from worker.stages.refusal import refusal

Mode = Literal["enforce", "off"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A job that may be sent, as far as its content goes, and its params by their plain names."""

    endpoint: Endpoint
    params: Mapping[str, Any]


def validate(job: Job, contract: Contract, mode: Mode) -> Checked | Refuse:
    """Check the whole job against its contract; a refusal holds all of its faults.

    With ``mode = "off"`` only what keeps a request from being written at all is refused.
    """
    endpoint = contract.endpoint(job.operation)
    if endpoint is None:
        detail = f"{job.api} has no operation {job.operation!r}"
        return _refuse([Fault("#/operation", "job", "operation", detail, contract.suggestion(job.operation))])
    if reason := _unusable(endpoint, job):
        return _refuse([Fault("#/operation", "job", "operation", f"{job.operation} cannot be sent: {reason}")])
    params = endpoint.resolve(job.params)
    found = endpoint.faults(params, job.body) if mode == "enforce" else endpoint.unsendable(params)
    return _refuse(found) if found else Checked(endpoint, params)


def _unusable(endpoint: Endpoint, job: Job) -> str | None:
    reason = endpoint.operation.unusable
    return reason if reason and (job.body is not UNSET or endpoint.operation.body is None) else None


def _refuse(faults: list[Fault]) -> Refuse:
    return Refuse(refusal(faults, "validate"))
