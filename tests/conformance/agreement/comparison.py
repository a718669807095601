"""Holds two readers of one operation against each other, job by job."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson
from hypothesis import HealthCheck, Phase, given, settings

from tests.conformance.agreement.chosen import Chosen
from tests.conformance.agreement.document import cut
from tests.conformance.agreement.jobs import inputs, jobs
from tests.conformance.agreement.oracle import BASE_URL, Complaint, Oracle
from worker.auth.credential import StaticCredential
from worker.contract.contract import DocumentContract, from_document
from worker.contract.document import fragment
from worker.contract.operation import Operation
from worker.job import from_payload
from worker.outcome import Fault, Request
from worker.stages.dispatch import Destination, compose
from worker.stages.validate import Checked, check

#: With a credential, as it would be sent: openapi-core looks for its header where a contract has it as a parameter.
_TO: Final = Destination(BASE_URL, StaticCredential("test", {"Authorization": "Bearer secret"}), {})
_SHOWN: Final = 600  # characters of each line that a failure has
_HABITS: Final = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),  # they watch over speed and size, which real schemas decide
)


@dataclass(frozen=True)
class Case:
    """One job, its request, and what both readers say.

    Attributes:
        document: cut down to the operation.
        faults: ours; empty where we admit the job.
        complaints: openapi-core's; empty where it accepts the request; None where it crashed.
    """

    chosen: Chosen
    operation: Operation
    document: dict[str, Any]
    job: dict[str, Any]
    request: Request
    faults: tuple[Fault, ...]
    complaints: list[Complaint] | None

    @property
    def judged(self) -> bool:
        """Whether both have a verdict."""
        return self.complaints is not None

    @property
    def agrees(self) -> bool:
        """Whether both accept, or both refuse."""
        return self.judged and bool(self.faults) is bool(self.complaints)

    def __str__(self) -> str:
        faults = "; ".join(f"{one.pointer} {one.rule}: {one.detail}" for one in self.faults)
        complaints = "; ".join(f"{one.place} {one.name} {one.kind}: {one.detail}" for one in self.complaints or ())
        lines = {
            "document": self.chosen,
            "job": {name: self.job[name] for name in ("params", "body") if name in self.job},
            "request": f"{self.request.method} {self.request.url} {self.request.body!r}",
            "we": faults or "admit",
            "openapi-core": complaints or ("accepts" if self.judged else "crashed"),
        }
        return "\n".join(f"{name:>12}: {str(told)[:_SHOWN]}" for name, told in lines.items())


def compared(chosen: Chosen, most: int) -> list[Case]:
    """Every job that can be written as a request, of those generated; none where the operation cannot be used."""
    contract, whole = _read(chosen.file)
    operation = _operation(contract, whole, chosen)
    if operation.unusable:
        return []
    document = cut(whole, chosen.path, chosen.method)
    oracle = Oracle(document, operation)
    return [
        _case(chosen, document, job, contract, written, oracle)
        for job in _generated(document, operation, most)
        if isinstance(written := check(job, contract, "off"), Checked)
    ]


@lru_cache(maxsize=1)
def _read(file: Path) -> tuple[DocumentContract, dict[str, Any]]:
    """A document as we read it, and as it is; operations of the same come one after the other."""
    return from_document(file), orjson.loads(file.read_bytes())


def _operation(contract: DocumentContract, document: dict[str, Any], chosen: Chosen) -> Operation:
    name = document["paths"][chosen.path][chosen.method].get("operationId")
    found = contract.operations.get(name) if isinstance(name, str) else None
    if found is None or not found.at.endswith(fragment("paths", chosen.path, chosen.method)):
        found = contract.operations[f"{chosen.method.upper()} {chosen.path}"]
    endpoint = contract.endpoint(found.name)
    assert endpoint is not None
    return endpoint.operation


def _generated(document: dict[str, Any], operation: Operation, most: int) -> list[dict[str, Any]]:
    """Jobs as they come out of a file: numbers that no machine word holds are not whole any more."""
    made: list[dict[str, Any]] = []

    @settings(_HABITS, max_examples=most)
    @given(jobs(inputs(document, operation)))
    def collect(job: dict[str, Any]) -> None:
        whole = {"id": "j", "api": "a", "operation": operation.name, **job}
        made.append(orjson.loads(json.dumps(whole)))

    collect()
    return made


def _case(
    chosen: Chosen,
    document: dict[str, Any],
    job: dict[str, Any],
    contract: DocumentContract,
    written: Checked,
    oracle: Oracle,
) -> Case:
    verdict = check(job, contract)
    faults = () if isinstance(verdict, Checked) else verdict.problem.faults
    request = compose(from_payload(job), written, _TO)
    assert isinstance(request, Request)
    try:
        complaints: list[Complaint] | None = oracle.complaints(request)
    except (ValueError, TypeError, KeyError, AttributeError, re.error):  # its own mistakes: it has no verdict
        complaints = None
    return Case(chosen, written.endpoint.operation, document, job, request, faults, complaints)
