"""Checks the path, query, header and cookie parameters of a request against their operation."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

import orjson

from worker.sandbox import styles
from worker.sandbox.faults import Fault, Faults, accepts, pointer
from worker.sandbox.media import is_json
from worker.sandbox.operation import Operation, Parameter
from worker.sandbox.received import Received
from worker.sandbox.schemas import Kind, Schemas
from worker.sandbox.styles import Parts
from worker.sandbox.values import Raw, Typed, Values

_ABSENT: Final = object()

#: Stands for a text of a type that nobody can look into.
_OPAQUE: Final = object()


class Reader:
    """One parameter: how its text is read and judged; ``at`` is the pointer to it in faults."""

    def __init__(self, parameter: Parameter, schemas: Schemas, at: str) -> None:
        self.parameter = parameter
        self._at = at
        self.shape = schemas.shape((parameter.schema,) if parameter.schema else ())
        self._schemas = schemas
        self._values = Values(schemas)
        self._kinds: tuple[Kind, ...] = ("scalar",) if parameter.media else self.shape.kinds

    @property
    def spreads(self) -> bool:
        """Whether it is an object in the query whose properties are parameters of their own there."""
        parameter = self.parameter
        styled = parameter.where == "query" and parameter.style != "deepObject" and not parameter.media
        return styled and parameter.explode and "object" in self.shape.kinds

    def check(self, parts: Parts, faults: Faults) -> None:
        """Note what is wrong with it. One reading that its schema accepts is enough."""
        parameter = self.parameter
        if parameter.empty and parts.query.get(parameter.name) == [""]:
            return
        unreadable: list[str] = []
        values = self._readings(parts, unreadable)
        first = next(values, _ABSENT)
        if first is _ABSENT:
            if unreadable or parameter.required:
                faults.malformed.append(Fault(self._at, unreadable[0] if unreadable else "is required"))
        elif parameter.schema is not None and first is not _OPAQUE:
            validator = self._schemas.validator(parameter.schema)
            if not any(accepts(validator, value) for value in chain([first], values)):
                faults.judge(validator, first, self._at)

    def _readings(self, parts: Parts, unreadable: list[str]) -> Iterator[Any]:
        for kind in self._kinds:
            try:
                raw = styles.read(kind, self.parameter, self.shape, parts)
                if isinstance(raw, str) and is_json(self.parameter.media):
                    raw = Typed(orjson.loads(raw))
            except ValueError as error:
                unreadable.append(str(error))
                continue
            if raw is not None:
                yield from self._typed(raw)

    def _typed(self, raw: Raw) -> Iterator[Any]:
        if self.parameter.media and not isinstance(raw, Typed) and "scalar" not in self.shape.kinds:
            yield _OPAQUE
        else:
            yield from self._values.readings(raw, self.shape)


class Parameters:
    """The parameters of one operation.

    Args:
        credentials: names of query parameters that carry a credential and so are known too.
    """

    def __init__(self, operation: Operation, schemas: Schemas, credentials: frozenset[str]) -> None:
        self._readers = [Reader(each, schemas, pointer(each.where, [each.name])) for each in operation.parameters]
        self._fixed = styles.query_of(operation.path.partition("#")[0].partition("?")[2])
        self._known = credentials | frozenset(self._names()) | self._fixed.keys()
        self._deep = tuple(f"{p.name}[" for p in operation.parameters if p.style == "deepObject")
        self._open = any(reader.spreads and not reader.shape.closed for reader in self._readers)

    def check(self, request: Received, path: Mapping[str, str], faults: Faults) -> None:
        """Note everything that is wrong; ``path`` holds the raw texts of the path's names."""
        try:
            query = styles.query_of(request.query)
        except ValueError as error:
            faults.malformed.append(Fault("#/query", str(error)))
            return
        rest = [name for name in query if name not in self._known and not (self._deep and name.startswith(self._deep))]
        if not self._open:
            faults.malformed.extend(
                Fault(pointer("query", [name]), "is no parameter of this operation") for name in rest
            )
        for name, texts in self._fixed.items():
            if "{" not in name + texts[0] and query.get(name) != texts:
                faults.malformed.append(Fault(pointer("query", [name]), f"must be {texts[0]!r}: the path says so"))
        parts = Parts(request, path, query, rest)
        for reader in self._readers:
            reader.check(parts, faults)

    def _names(self) -> Iterator[str]:
        """Those that the query may have."""
        for reader in self._readers:
            if reader.parameter.where == "query":
                yield reader.parameter.name
                if reader.spreads:
                    yield from reader.shape.properties
