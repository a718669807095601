"""What the sandbox accepts: operations by route, their schemas, and how credentials travel."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from worker.errors import ContractError
from worker.sandbox import declared, dialect, document, openapi
from worker.sandbox.document import Document
from worker.sandbox.operation import Operation, Scheme
from worker.sandbox.routes import Routes
from worker.sandbox.schemas import Schemas


class Contract:
    """A contract that is ready to serve; schemas are compiled when a request first needs them.

    Attributes:
        operations: by id, in the document's order.
        schemes: security schemes by name.
    """

    def __init__(self, source: Document) -> None:
        """Take a document that nobody else changes.

        Raises:
            ContractError: it cannot be served; the message names the place and the remedy.
        """
        draft = openapi.draft(source)
        dialect.plain(source, nullable=draft == jsonschema_rs.Draft4)
        self.document = source
        self.schemas = Schemas(source, draft)
        self.schemes: Mapping[str, Scheme] = openapi.schemes(source)
        self.operations: dict[str, Operation] = {}
        self.routes = Routes()
        for operation in openapi.operations(source):
            self._take(operation)
        if not self.operations:
            raise ContractError("the contract has no operations: it needs at least one method under #/paths")

    def _take(self, operation: Operation) -> None:
        if operation.id in self.operations:
            raise ContractError(f"two operations are called {operation.id!r}: give each an operationId of its own")
        for name in {name for alternative in operation.security for name in alternative}:
            if name not in self.schemes:
                raise ContractError(f"{operation.id} wants the security scheme {name!r}: declare it under components")
        self.operations[operation.id] = operation
        self.routes.add(operation)

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
