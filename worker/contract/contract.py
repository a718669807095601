"""A Contract: the operations of one API, each compiled when it is first used."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from worker.contract import declared, document, openapi
from worker.contract.cache import CodeCache
from worker.contract.endpoint import Endpoint
from worker.contract.explain import suggest
from worker.contract.operation import Operation
from worker.contract.schema import Engine, Schemas
from worker.errors import ContractError
from worker.settings import OperationSettings


class Contract:
    """What one API accepts.

    Attributes:
        operations: by name, in the order of the document.
        title: what the document calls the API; may be empty.
    """

    def __init__(self, operations: Sequence[Operation], schemas: Schemas, origin: str, title: str = "") -> None:
        self.operations: Mapping[str, Operation] = {one.name: one for one in operations}
        self.title = title
        self.schemas = schemas
        self._origin = origin
        self._endpoints: dict[str, Endpoint] = {}

    def endpoint(self, name: str) -> Endpoint | None:
        """The operation of this name, compiled; None where there is none.

        Raises:
            ContractError: its schemas are not legal; the message names the operation.
        """
        if (made := self._endpoints.get(name)) is not None:
            return made
        operation = self.operations.get(name)
        if operation is None:
            return None
        try:
            return self._endpoints.setdefault(name, Endpoint(operation, self.schemas))
        except ContractError as error:
            raise ContractError(f"{self._origin}: operation {name}: {error}") from error

    def suggestion(self, name: str) -> str:
        """What a person may have meant by a name that is not there."""
        return suggest(name, list(self.operations))


def from_document(path: Path, engine: Engine = "auto", cache: CodeCache | None = None) -> Contract:
    """Read an OpenAPI document.

    Raises:
        ContractError: the message names the file, and where in it.
    """
    content = document.read(path)
    try:
        read = openapi.read(content)
        schemas = Schemas({openapi.URI: content}, read.dialect, engine, cache)
    except ContractError as error:
        raise ContractError(f"{path}: {error}") from error
    return Contract(read.operations, schemas, str(path), read.title)


def from_declarations(
    declarations: Mapping[str, OperationSettings],
    origin: str,
    engine: Engine = "auto",
    cache: CodeCache | None = None,
) -> Contract:
    """Take operations that the config declares; ``origin`` names the config in messages.

    Raises:
        ContractError: a schema cannot be read or is not legal.
    """
    try:
        operations, documents = declared.read(declarations)
        schemas = Schemas(documents, "2020-12", engine, cache)
    except ContractError as error:
        raise ContractError(f"{origin}: {error}") from error
    return Contract(operations, schemas, origin)
