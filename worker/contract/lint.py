"""Reads an OpenAPI document as the worker would, and lists what cannot be used, or will hurt later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.contract import document, openapi
from worker.contract.contract import Contract
from worker.contract.operation import Operation
from worker.contract.schema import Schemas
from worker.errors import ContractError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a document.

    Attributes:
        operation: its name; empty where the document as a whole is meant.
        pointer: where it stands, as a JSON Pointer in a URI fragment.
        unusable: jobs for it are refused; otherwise they can be sent, but something will hurt.
    """

    operation: str
    pointer: str
    detail: str
    hint: str
    unusable: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, in the order of the document, and how many operations there are."""

    operations: int
    findings: tuple[Finding, ...]

    @property
    def unusable(self) -> int:
        """How many findings keep an operation, or all of them, from being used."""
        return sum(finding.unusable for finding in self.findings)


def lint(path: Path) -> Report:
    """Compile every operation of a document.

    Raises:
        ContractError: the file cannot be read, or is neither JSON nor YAML.
    """
    content = document.read(path)
    try:
        read = openapi.read(content)
        schemas = Schemas({openapi.URI: content}, read.dialect, "jsonschema-rs")
    except ContractError as error:
        return Report(0, (Finding("", "#", str(error), "correct it; no operation can be used before", unusable=True),))
    found = Contract(read.operations, schemas, path.name, read.title)
    findings = [finding for one in read.operations for finding in _findings(found, one)]
    return Report(len(read.operations), tuple(findings))


def _findings(found: Contract, operation: Operation) -> Iterator[Finding]:
    at = f"#{document.fragment('paths', operation.path, operation.method.lower())}"
    name = operation.name
    if operation.unusable is not None:
        yield Finding(name, at, operation.unusable, "leave it to another program", unusable=True)
    try:
        found.endpoint(name)
    except ContractError as error:
        yield Finding(name, at, str(error), "correct the schema", unusable=True)
    if name == f"{operation.method} {operation.path}":
        hint = f"add one; until then jobs call it {name!r}"
        yield Finding(name, at, "it has no operationId", hint, unusable=False)
    if not _names_success(found.schemas, at):
        hint = "add its 2xx response; until then any 2xx counts as delivered"
        yield Finding(name, at, "no response says what success is", hint, unusable=False)


def _names_success(schemas: Schemas, at: str) -> bool:
    operation: Any = schemas.lookup(f"{openapi.URI}{at}")
    responses = operation.get("responses")
    return isinstance(responses, Mapping) and any(str(status).startswith("2") for status in responses)
