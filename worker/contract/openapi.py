"""Reads the operations of an OpenAPI 3.0 or 3.1 document, each when it is first asked for.

The document is kept whole: schemas stay where they stand and are referred to by pointer, so nothing is inlined and
recursion costs nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from worker.contract import body, parameters, security, servers
from worker.contract.dialect import Nullable, adapt
from worker.contract.document import fragment
from worker.contract.identifiers import resolve_names
from worker.contract.library import Library
from worker.contract.operation import IDEMPOTENT_METHODS, Note, Operation, refused
from worker.contract.read_only import ReadOnly
from worker.contract.reference import follow
from worker.contract.schema import Dialect, dialect_of
from worker.errors import ContractError

#: What members of the document, and of an operation, have to be, of those that are read.
_ROOT_SHAPES: Final = {"paths": dict, "components": dict, "security": list, "servers": list}
_OPERATION_SHAPES: Final = {
    "parameters": list,
    "requestBody": dict,
    "responses": dict,
    "security": list,
    "servers": list,
}
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Habits(NamedTuple):
    """How a document is to be read where it leaves a choice, or its author means something else than it says.

    Attributes:
        base_url: where requests go: operations that the document puts elsewhere cannot be called there. None stands for
            the document's own first server.
        server_variables: of that server's URL, by name.
    """

    nullable: Nullable = "strict"
    read_only: ReadOnly = "error"
    base_url: str | None = None
    server_variables: Mapping[str, str] = MappingProxyType({})


DEFAULT: Final = Habits()


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a document.

    Attributes:
        operations: by name, in the order of the document.
        notes: what could not be read at all.
    """

    operations: Mapping[str, Operation]
    dialect: Dialect
    title: str
    notes: tuple[Note, ...] = ()


def read(library: Library, habits: Habits = DEFAULT) -> Read:
    """Prepare a document and find its operations.

    Raises:
        ContractError: it is no OpenAPI 3.0 or 3.1 document, or asks for a dialect of JSON Schema that is not known.
    """
    prepare(library, habits)
    return find(library, habits)


def prepare(library: Library, habits: Habits) -> None:
    """Rewrite every schema, in place, to what it means for requests; what comes out may be kept, and found again.

    Raises:
        ContractError: it is no OpenAPI 3.0 or 3.1 document, or asks for a dialect of JSON Schema that is not known.
    """
    root = library.root
    version = _version(root)
    root.pop("$schema", None)  # for editors: says what the document is, not how its schemas are to be read
    _dialect(root, version)
    if version == "3.1":
        resolve_names(library)
    adapt(library, version, habits.nullable, habits.read_only)


def find(library: Library, habits: Habits) -> Read:
    """The operations of a prepared document.

    What is wrong with one operation is told by that operation, which is then ``unusable``; the others can be used.
    """
    root = library.root
    dialect = _dialect(root, _version(root))
    info = root.get("info")
    title = str(info.get("title", "")) if isinstance(info, dict) else ""
    operations = Operations(library, habits)
    operations.notes += _misshapen(f"{library.uri}#", root, _ROOT_SHAPES)
    return Read(operations, dialect, title, tuple(operations.notes))


def _version(document: Any) -> str:
    declared = document.get("openapi") if isinstance(document, dict) else None
    if isinstance(declared, str) and declared[:4] in {"3.0.", "3.1."}:
        return declared[:3]
    if isinstance(document, dict) and "swagger" in document:
        raise ContractError(
            "this is a Swagger 2.0 document; convert it to OpenAPI 3 (for example with swagger2openapi)"
        )
    raise ContractError(f"not an OpenAPI 3.0 or 3.1 document (openapi: {declared!r})")


def _dialect(document: dict[str, Any], version: str) -> Dialect:
    if version == "3.0":
        return "draft4"
    declared = document.get("jsonSchemaDialect")
    if declared is None or "spec.openapis.org/oas/3.1/dialect" in str(declared):
        return "2020-12"  # the OAS base dialect is 2020-12 and annotations
    return dialect_of({"$schema": declared})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an operation stands, before it is read."""

    path: str
    method: str
    at: str
    found: Mapping[str, Any]
    item: Mapping[str, Any]
    item_at: str
    notes: tuple[Note, ...] = ()


class Operations(Mapping[str, Operation]):
    """The operations of a document by name, each read when it is first asked for.

    One is called by its ``operationId``; without one, or where another has the same, by method and path.

    Attributes:
        notes: about paths whose operations cannot be found.
    """

    def __init__(self, library: Library, habits: Habits) -> None:
        self._library = library
        self._base_url = _base_url(library, habits)
        self._places: dict[str, _Place] = {}
        self._read: dict[str, Operation] = {}
        self.notes: list[Note] = []
        for place in _places(library, self.notes):
            name, note = self._name(place)
            self._places[name] = place if note is None else _noted(place, note)

    def __getitem__(self, name: str) -> Operation:
        """The operation of this name, or KeyError."""
        made = self._read.get(name)
        if made is None:
            made = self._read[name] = _operation(self._library, name, self._places[name], self._base_url)
        return made

    def __iter__(self) -> Iterator[str]:
        """Names, in the order of the document."""
        return iter(self._places)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._places)

    def _name(self, place: _Place) -> tuple[str, Note | None]:
        plain = f"{place.method} {place.path}"
        name = place.found.get("operationId") or plain
        if not isinstance(name, str):
            return plain, Note(place.at, f"its operationId {name!r} is no text, so jobs call it {plain!r}")
        if name in self._places:
            return plain, Note(place.at, f"another operation has its operationId {name!r}, so jobs call it {plain!r}")
        return name, None


def _noted(place: _Place, note: Note) -> _Place:
    return replace(place, notes=(*place.notes, note))


def _places(library: Library, notes: list[Note]) -> Iterator[_Place]:
    """Every operation, where it stands; paths that lead nowhere are noted."""
    paths = library.root.get("paths")
    for path, given in paths.items() if isinstance(paths, dict) else ():
        if path.startswith("x-"):
            continue
        here = f"{library.uri}#{fragment('paths', path)}"
        try:
            item, at = follow(library, given, here)
        except ContractError as error:
            notes.append(Note(here, f"the operations of {path} cannot be found: {error}"))
            continue
        for method in _METHODS:
            if isinstance(item, dict) and isinstance(found := item.get(method), dict):
                yield _Place(path, method.upper(), f"{at}{fragment(method)}", found, item, at)


def _base_url(library: Library, habits: Habits) -> str | None:
    if habits.base_url is None:
        with suppress(ContractError):  # told where it is needed
            return servers.address(library.root, habits.server_variables)
    return habits.base_url


def _operation(library: Library, name: str, place: _Place, base_url: str | None) -> Operation:
    try:
        return _usable(library, name, place, base_url)
    except ContractError as error:
        known = Operation(name, place.method, place.path, at=place.at, notes=place.notes)
        return refused(known, str(error))


def _usable(library: Library, name: str, place: _Place, base_url: str | None) -> Operation:
    found, at = place.found, place.at
    if not place.path.startswith("/"):
        raise ContractError(f"{library.shown(at)}: a path starts with a slash; write {'/' + place.path!r}")
    own = found.get("servers") or place.item.get("servers")
    if base_url and (other := servers.elsewhere(library.root, own, base_url)):
        raise ContractError(f"{library.shown(at)}: it is served at {other}; give that an [apis.NAME] of its own")
    groups = ((place.item.get("parameters"), place.item_at), (found.get("parameters"), at))
    described = parameters.read(library, place.path, groups)
    success, answers = _success(library, found.get("responses"), at)
    return Operation(
        name=name,
        method=place.method,
        path=place.path.partition("#")[0],  # AWS's documents tell operations of one path apart by fragments
        parameters=described.parameters,
        body=body.read(library, found.get("requestBody"), at),
        success=success,
        answers=answers,
        security=security.read(library, found.get("security", library.root.get("security"))),
        idempotent=place.method in IDEMPOTENT_METHODS,
        summary=str(found.get("summary", "")),
        at=at,
        deprecated=found.get("deprecated") is True,
        notes=(*place.notes, *described.notes, *_misshapen(at, found, _OPERATION_SHAPES)),
    )


def _misshapen(at: str, holder: Mapping[str, Any], shapes: Mapping[str, type]) -> Iterator[Note]:
    """Members of an object that are not what they have to be, and so say nothing."""
    for name, shape in shapes.items():
        if (given := holder.get(name)) is not None and not isinstance(given, shape):
            words = "a list" if shape is list else "an object"
            yield Note(f"{at}{fragment(name)}", f"{name} is not {words}: it is passed over")


def _success(library: Library, responses: Any, operation_at: str) -> tuple[frozenset[int], frozenset[str]]:
    """The statuses that mean delivered, and the media types of those answers; empty sets where any 2xx does."""
    statuses: set[int] = set()
    answers: set[str] = set()
    for status, given in responses.items() if isinstance(responses, dict) else ():
        if not status.startswith("2"):
            continue
        if not (status.isascii() and status.isdecimal()):  # "2XX"
            return frozenset(), frozenset()
        statuses.add(int(status))
        with suppress(ContractError):  # what an answer looks like hinders no request
            value, _ = follow(library, given, f"{operation_at}{fragment('responses', status)}")
            found = value.get("content") if isinstance(value, dict) else None
            answers.update(found if isinstance(found, dict) else ())
    return frozenset(statuses), frozenset(answers)
