"""A Contract: the operations of one API, each compiled when it is first used."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from worker.contract import declared, document, openapi
from worker.contract.cache import CodeCache
from worker.contract.coerce import coerce, types_at
from worker.contract.explain import explain, suggest
from worker.contract.operation import Operation, content_schema
from worker.contract.schema import Engine, Schemas, Validator
from worker.contract.serialise import Serialiser
from worker.errors import ContractError
from worker.job import UNSET
from worker.outcome import Fault
from worker.settings.sections import OperationSettings


class Endpoint:
    """An operation, ready for use: checks a job's content and writes its request."""

    def __init__(self, operation: Operation, validator: Validator, schemas: Schemas) -> None:
        self.operation = operation
        self.serialiser = Serialiser(operation)
        self.validator = validator
        self._schemas = schemas

    def resolve(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Params with every alias (``query.limit``) replaced by its plain name; unknown names are left as they are."""
        if params.keys() <= self.operation.by_flat.keys():
            return params
        return {self.operation.aliases.get(name, name): value for name, value in params.items()}

    def faults(self, params: Mapping[str, Any], body: Any) -> list[Fault]:
        """Everything that is wrong with a job's content; empty where the API will accept it.

        Args:
            params: resolved.
            body: a JSON value, or ``UNSET``.
        """
        content = {"params": params} if body is UNSET else {"params": params, "body": body}
        found: list[Fault] = []
        if not self.validator.is_valid(content):
            found = explain(self.validator.errors(content), self.operation, self._schemas.lookup)
        return found or self.serialiser.faults(params)

    def unsendable(self, params: Mapping[str, Any]) -> list[Fault]:
        """What keeps a request from being written at all, whatever the schemas say; for ``validation = "off"``."""
        known = self.operation.by_flat
        found = [
            Fault(
                f"#{document.pointer('params', name)}",
                "job",
                "unknown",
                f"no parameter {name!r}",
                suggest(name, list(known)),
            )
            for name in params
            if name not in known
        ]
        found += [
            Fault(f"#{document.pointer('params', one.flat)}", "path", "required", f"{one.flat!r} is missing", None)
            for one in self.operation.parameters
            if one.place == "path" and one.flat not in params
        ]
        return found or self.serialiser.faults(params)

    def coerced(self, part: str, path: Sequence[str], text: str) -> Any:
        """Text as the type that the contract asks for at ``params`` or ``body`` and a path of names."""
        schema = content_schema(self.operation)["properties"].get(part, True)
        return coerce(text, types_at(schema, path, self._schemas.lookup))


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
            validator = self.schemas.compile(content_schema(operation))
        except ContractError as error:
            raise ContractError(f"{self._origin}: operation {name}: {error}") from error
        return self._endpoints.setdefault(name, Endpoint(operation, validator, self.schemas))

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
