"""What the sandbox accepts: operations by route, their schemas, and how credentials travel."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from worker.errors import ContractError
from worker.sandbox import declared, dialect, document, openapi
from worker.sandbox.document import ROOT, Document
from worker.sandbox.operation import Operation, Scheme
from worker.sandbox.routes import Routes
from worker.sandbox.schemas import Schemas


class Contract:
    """A contract that is ready to serve; schemas are compiled when a request first needs them.

    Attributes:
        operations: by id, in the document's order, the broken ones too.
        schemes: security schemes by name.
        notes: what cannot be served or judged as the document says, a line each.
    """

    def __init__(self, source: Document) -> None:
        """Take a document that nobody else changes.

        Raises:
            ContractError: nothing of it can be served; the message names the place and the remedy.
        """
        self._draft = openapi.draft(source)
        self.notes = dialect.plain(source, nullable=self._draft == jsonschema_rs.Draft4)
        self.document = source
        self.schemas = Schemas(source, self._draft)
        self.schemes: Mapping[str, Scheme] = openapi.schemes(source)
        self.operations: dict[str, Operation] = {}
        self.routes = Routes()
        for operation in openapi.operations(source, self.schemes):
            self._take(operation)
        if not self.operations:
            raise ContractError("the contract has no operations: it needs at least one method under #/paths")
        if all(operation.broken for operation in self.operations.values()):
            raise ContractError(next(iter(self.operations.values())).broken)

    def _take(self, operation: Operation) -> None:
        if operation.id in self.operations:
            other = f"{operation.method} {operation.path}"
            self.notes.append(f"{other} is called {operation.id!r}, as another one is: it goes by {other!r}")
            operation = replace(operation, id=other)
        self.routes.add(operation)
        self.operations[operation.id] = operation
        if operation.broken:
            self.notes.append(f"{operation.id} answers 500: {operation.broken}")

    def read_as(self, *, lenient: bool, strict: bool) -> Schemas:
        """The schemas, where need be under another reading than the specification's.

        Args:
            lenient: ``nullable`` lets null in whatever stands beside it.
            strict: read-only properties are refused.
        """
        if not (lenient or strict):
            return self.schemas
        others = {name: value for name, value in self.document.resources.items() if name != ROOT}
        copy = Document(orjson.loads(orjson.dumps(self.document.root)), others)
        if strict:
            dialect.strict(copy)
        if lenient and self._draft == jsonschema_rs.Draft4:
            dialect.lenient(copy)
        return Schemas(copy, self._draft)

    @classmethod
    def read(cls, path: Path) -> "Contract":
        """Read an OpenAPI document, JSON or YAML.

        Raises:
            ContractError: it cannot be read or served; the message begins with the file.
        """
        root = document.read(path)
        try:
            return cls(Document(root))
        except ContractError as error:
            raise ContractError(f"{path}: {error}") from error

    @classmethod
    def of(cls, root: Mapping[str, Any]) -> "Contract":
        """Take an OpenAPI document that is in memory already; it is copied."""
        return cls(Document(orjson.loads(orjson.dumps(root))))

    @classmethod
    def declare(cls, operations: Sequence[declared.Declared]) -> "Contract":
        """Take operations that have no document."""
        return cls(declared.document(operations))
