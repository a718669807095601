"""Reads an OpenAPI document as the worker would, and lists what cannot be used, or will hurt later."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.contract import document, library, openapi, security
from worker.contract.contract import DocumentContract
from worker.contract.library import Library
from worker.contract.openapi import DEFAULT, Habits
from worker.contract.operation import Note
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


def lint(path: Path, habits: Habits = DEFAULT, folders: Sequence[Path] = ()) -> Report:
    """Compile every operation of a document, for every media type.

    Raises:
        ContractError: the file cannot be read, or is neither JSON nor YAML.
    """
    found = library.load(path, folders, document.decode)
    try:
        contract = DocumentContract(openapi.read(found, habits), found, path.name, "jsonschema-rs", None)
    except ContractError as error:
        return Report(0, (Finding("", "#", str(error), "correct it; no operation can be used before", unusable=True),))
    contract.set_aside()
    repeated = _repeated(path)
    findings = [finding for name in contract.operations for finding in _findings(contract, name)]
    noted = (_noted("", found, note) for note in contract.notes)
    return Report(len(contract.operations), (*repeated, *noted, *findings))


def _repeated(path: Path) -> list[Finding]:
    """Members that stand twice in a JSON document: decoders keep the last without a word. YAML refuses them itself."""
    names: list[str] = []

    def keep(pairs: list[tuple[str, Any]]) -> None:
        given = [name for name, _ in pairs]
        names.extend(name for at, name in enumerate(given) if len(set(given)) < len(given) and name in given[:at])

    if not document.is_yaml(path):
        json.loads(document.read_bytes(path).removeprefix(b"\xef\xbb\xbf"), object_pairs_hook=keep)
    hint = "keep one of them; only the last is read"
    return [Finding("", "#", f"{name!r} stands twice in one object", hint, unusable=False) for name in names]


def _noted(operation: str, found: Library, note: Note) -> Finding:
    return Finding(operation, found.shown(note.at), note.detail, "correct the document", unusable=False)


def _findings(contract: DocumentContract, name: str) -> Iterator[Finding]:
    operation, found = contract.operations[name], contract.library
    at = found.shown(operation.at)
    endpoint = contract.endpoint(name)
    assert endpoint is not None
    if reason := endpoint.operation.unusable:
        yield Finding(name, at, reason, "correct it, or leave the operation to another program", unusable=True)
    for note in operation.notes:
        yield _noted(name, found, note)
    if name == f"{operation.method} {operation.path}" and not operation.notes:
        hint = f"add one; until then jobs call it {name!r}"
        yield Finding(name, at, "it has no operationId", hint, unusable=False)
    described = found.lookup(operation.at)
    if not _names_success(described):
        hint = "add its 2xx response; until then any 2xx counts as delivered"
        yield Finding(name, at, "no response says what success is", hint, unusable=False)
    for scheme in security.undescribed(found, described.get("security", found.root.get("security"))):
        detail = f"the security scheme {scheme!r} is not described, so nobody is asked for it"
        yield Finding(name, at, detail, "describe it in components.securitySchemes", unusable=False)
    for content in operation.body.contents if operation.body else ():
        if content.caveat:
            hint = "nothing but that it can be written is checked"
            yield Finding(name, at, content.caveat, hint, unusable=False)


def _names_success(operation: Mapping[str, Any]) -> bool:
    responses = operation.get("responses")
    return isinstance(responses, Mapping) and any(str(status).startswith("2") for status in responses)
