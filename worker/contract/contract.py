"""A Contract: the operations of one API. Those of a document are compiled when they are first used."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from worker.contract import aside, declared, document, library, openapi
from worker.contract.access import Access
from worker.contract.cache import CodeCache
from worker.contract.endpoint import Endpoint
from worker.contract.explain import suggest
from worker.contract.files import Files
from worker.contract.library import Library, uri_of
from worker.contract.openapi import DEFAULT, Habits, Read
from worker.contract.operation import Operation, refused
from worker.contract.own_checks import OwnChecks
from worker.contract.schema import Engine, Schemas
from worker.errors import ContractError
from worker.settings import OperationSettings

_EDITION: Final = 1  # grows whenever documents are prepared in another way: kept ones are then made again


class Contract:
    """What one API accepts.

    Attributes:
        operations: by name, in the order of the document.
        title: what the document calls the API; may be empty.
        schemas: everything that the operations' schemas refer to.
        own: the user's own checks, which come after the schemas; None where there are none.
        access: whom operations let in, which comes last; None lets everybody in.
        strips: read-only values are taken out of a request, instead of refusing it.
        files: those that jobs may send.
    """

    own: OwnChecks | None = None
    access: Access | None = None
    strips = False
    files: Files = Files()

    def __init__(self, operations: Mapping[str, Operation], schemas: Schemas, origin: str, title: str = "") -> None:
        self.operations = operations
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
        if self.access is not None:
            operation = self.access.relieved(operation)
        return self._endpoints.setdefault(name, self.try_out(operation))

    def try_out(self, operation: Operation) -> Endpoint:
        """The operation, compiled and not kept.

        Raises:
            ContractError: its schemas are not legal; the message names the operation.
        """
        try:
            return self._compiled(operation)
        except ContractError as error:
            raise ContractError(f"{self._origin}: operation {operation.name}: {error}") from error

    def _compiled(self, operation: Operation) -> Endpoint:
        return Endpoint(operation, self.schemas, self.files)

    def suggestion(self, name: str) -> str:
        """What a person may have meant by a name that is not there."""
        return suggest(name, list(self.operations))


class DocumentContract(Contract):
    """What one API accepts, as its document says: as much of it as can be enforced.

    Attributes:
        library: the document, and the files that it refers to.
        notes: what had to be set aside so far; what is wrong with single operations is in their ``notes``.
    """

    def __init__(self, read: Read, found: Library, origin: str, engine: Engine, cache: CodeCache | None) -> None:
        self.library = found
        self.notes = list(read.notes)
        self._dialect = read.dialect
        self._engine = engine
        self._cache = cache
        self._cleaned = False
        super().__init__(read.operations, self._schemas(), origin, read.title)

    def _schemas(self) -> Schemas:
        return Schemas(self.library.documents, self._dialect, self._engine, self._cache)

    def set_aside(self) -> None:
        """Set aside what cannot be enforced, now; otherwise that happens once an operation cannot be compiled."""
        if self._cleaned:
            return
        self._cleaned = True
        notes = aside.set_aside(self.library, self._dialect)
        if notes:
            self.notes += notes
            self.schemas = self._schemas()

    def _compiled(self, operation: Operation) -> Endpoint:
        """The operation as far as it can be enforced; one that cannot be compiled at all is unusable, and says why."""
        try:
            return Endpoint(operation, self.schemas, self.files)
        except ContractError:
            self.set_aside()
        try:
            return Endpoint(operation, self.schemas, self.files)
        except ContractError as error:
            return Endpoint(refused(operation, self.library.without_root(str(error))), self.schemas)


def from_document(
    path: Path,
    engine: Engine = "auto",
    cache: CodeCache | None = None,
    habits: Habits = DEFAULT,
    folders: Sequence[Path] = (),
) -> DocumentContract:
    """Read an OpenAPI document.

    Args:
        path: of the document, JSON or YAML.
        engine: who validates.
        cache: keeps generated code, and documents as they were prepared.
        habits: how to read what leaves a choice.
        folders: where it may take files from, besides its own folder.

    Raises:
        ContractError: the message names the file, and where in it.
    """
    try:
        found = _library(path, cache or CodeCache(None), habits, folders)
        return DocumentContract(openapi.find(found, habits), found, str(path), engine, cache)
    except ContractError as error:
        raise ContractError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from error


def _library(path: Path, cache: CodeCache, habits: Habits, folders: Sequence[Path]) -> Library:
    """The document, prepared: as it was kept, if it stands alone."""
    data = document.read_bytes(path)
    if library.stands_alone(data):
        key = f"openapi {_EDITION} {habits.nullable} {habits.read_only} {document.digest(data)}"
        return Library(cache.value(key, lambda: _prepared(data, path, habits)), uri_of(path))
    found = library.load(path, folders, document.decoder(cache))
    openapi.prepare(found, habits)
    return found


def _prepared(data: bytes, path: Path, habits: Habits) -> Any:
    found = Library(document.decode(data, path), uri_of(path))
    openapi.prepare(found, habits)
    return found.root


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
    made = Contract({one.name: one for one in operations}, schemas, origin)
    for one in operations:  # few, and whoever declared them is told now what is wrong with them
        made.try_out(one)
    return made
